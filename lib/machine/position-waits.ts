import type { Position } from '../model/ids.js';

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The position of this replica's state, and the reads that wait until it has reached another. */
export class PositionWaits {
  /** Ascending by position, and by call. */
  readonly #waiting: Waiter[] = [];
  #position = 0 as Position;
  #stopped: Error | null = null;

  /** As of `Replica.position`. */
  get position(): Position {
    return this.#position;
  }

  /** Resolves once the state includes all messages below `position`. Rejects with the signal's reason, or when the replica stops. */
  wait(position: number, signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#stopped !== null) throw this.#stopped;
      if (position <= this.#position) {
        resolve();
        return;
      }
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        waiter.reject(signal?.reason);
      };
      const settle = (end: () => void): void => {
        signal?.removeEventListener('abort', abort);
        end();
      };
      const waiter: Waiter = {
        position,
        resolve: () => {
          settle(resolve);
        },
        reject: (error) => {
          settle(() => {
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an error of the replica, or a signal's reason
            reject(error);
          });
        },
      };
      this.#waiting.splice(this.#placeOf(position), 0, waiter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  reached(position: Position): void {
    this.#position = position;
    if (this.#waiting.length === 0) return;
    for (const { resolve } of this.#waiting.splice(0, this.#placeOf(position))) resolve();
  }

  /** The state changes no more. */
  stop(error: Error): void {
    this.#stopped = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Behind all that wait for `position` or a lower one. */
  #placeOf(position: number): number {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle]?.position ?? Infinity) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
