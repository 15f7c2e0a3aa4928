import type { Consensus } from '../consensus/consensus.js';
import { type Batch, ofKind } from '../model/batch.js';
import type { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import { idOfBody } from '../sequence/sound-batch.js';
import type { ReadWaiter } from './waiting-reads.js';

export interface AskedChangesOptions<Wish, Made> {
  readonly core: Pick<Consensus, 'watermark'>;
  readonly self: ProcessId;
  /** Names the start of this process in ids. */
  readonly startNumber: number;
  /** Of the values that make these changes. */
  readonly kind: Parameters<typeof ofKind>[0];
  /** Has the value decided. */
  readonly propose: (batch: Batch) => void;
  /** Proposes the first if it can be made now. */
  readonly next: () => void;
  /** As `Driver.read`. */
  readonly read: (waiter: ReadWaiter) => () => void;
  /** Tells that it was proposed, and is waited for no more. */
  readonly unknown: (wish: Wish, made: Made, cause: unknown) => TreplicaError;
}

/** A change that is asked for. */
export interface Asked<Wish, Made> {
  readonly wish: Wish;
  /** What it makes, once it is proposed. */
  readonly made: Made | null;
}

interface Entry<Wish, Made> extends Asked<Wish, Made> {
  made: Made | null;
  past: 'unknown' | 'asked' | 'known';
  /** Gives up the question for it. */
  forget: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Changes that are asked for at this process, in their order: one is proposed at a time, as a value of the engine's own, and its
 * outcome follows from what is decided. Once a change is proposed, nobody can call it off: where the wait ends before it is
 * decided, its outcome is unknown.
 */
export class AskedChanges<Wish, Made> {
  readonly #options: AskedChangesOptions<Wish, Made>;
  readonly #entries: Entry<Wish, Made>[] = [];
  #sequence = 0;
  #stopped: TreplicaError | null = null;

  constructor(options: AskedChangesOptions<Wish, Made>) {
    this.#options = options;
  }

  /** The one that is due; undefined where none is asked for. */
  get first(): Asked<Wish, Made> | undefined {
    return this.#entries[0];
  }

  /** Resolves when it is made. `signal` ends the wait: with its reason, or with an unknown outcome. */
  ask(wish: Wish, signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#stopped !== null) throw this.#stopped;
      signal?.throwIfAborted();
      const abort = (): void => {
        this.refuse(entry, this.#endOfWait(entry, signal?.reason));
      };
      const entry: Entry<Wish, Made> = {
        ...{ wish, made: null, past: 'unknown', forget: () => undefined },
        resolve: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an error of a change, or a signal's reason
          reject(error);
        },
      };
      this.#entries.push(entry);
      signal?.addEventListener('abort', abort, { once: true });
      this.#options.next();
    });
  }

  /**
   * Asks a majority, once, for everything that the group had decided before, and returns whether that is known here by now. A change is
   * judged by it: its process may have been cut off.
   */
  askPast(asked: Asked<Wish, Made>): boolean {
    const entry = this.#entries.find((other) => other === asked);
    if (entry?.past === 'unknown') {
      entry.past = 'asked';
      let isForgotten = false;
      const forget = this.#options.read({
        resolve: () => {
          if (!isForgotten) entry.past = 'known';
        },
        reject: (error) => {
          if (!isForgotten) this.refuse(asked, error);
        },
      });
      entry.forget = () => {
        isForgotten = true;
        forget();
      };
    }
    return entry?.past === 'known';
  }

  /** What was decided is asked for anew before the change is judged again. */
  forgetPast(asked: Asked<Wish, Made>): void {
    const entry = this.#entries.find((other) => other === asked);
    if (entry === undefined || entry.past === 'unknown') return;
    entry.forget();
    entry.forget = () => undefined;
    entry.past = 'unknown';
  }

  /** `asked` makes `made`, by a value with this body. */
  propose(asked: Asked<Wish, Made>, made: Made, body: Uint8Array): void {
    const { self: process, startNumber: incarnation, core, kind, propose } = this.#options;
    const entry = this.#entries.find((other) => other === asked);
    if (entry === undefined) return;
    entry.made = made;
    const id = idOfBody({ process, incarnation, since: core.watermark }, this.#sequence, body);
    this.#sequence += 1;
    propose({ id: ofKind(kind, id), body });
  }

  done(asked: Asked<Wish, Made>): void {
    this.#end(asked, ({ resolve }) => {
      resolve();
    });
  }

  refuse(asked: Asked<Wish, Made>, error: unknown): void {
    this.#end(asked, ({ reject }) => {
      reject(error);
    });
  }

  stop(cause: TreplicaError): void {
    this.#stopped = cause;
    for (const entry of this.#entries.splice(0)) {
      entry.forget();
      entry.reject(this.#endOfWait(entry, cause));
    }
  }

  #end(asked: Asked<Wish, Made>, tell: (entry: Entry<Wish, Made>) => void): void {
    const at = this.#entries.findIndex((other) => other === asked);
    const [entry] = at < 0 ? [] : this.#entries.splice(at, 1);
    if (entry === undefined) return;
    entry.forget();
    tell(entry);
    this.#options.next();
  }

  #endOfWait({ wish, made }: Asked<Wish, Made>, cause: unknown): unknown {
    return made === null ? cause : this.#options.unknown(wish, made, cause);
  }
}
