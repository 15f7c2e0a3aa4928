import { setMaxListeners } from 'node:events';

import { UnknownOutcomeError } from '../model/errors.js';
import type { Queue } from '../queue/queue.js';
import { checkWait, type WaitOptions } from './wait-options.js';

/** How long a caller waits for an operation. The end of the wait does not cancel the operation. */
export type ExecuteOptions = WaitOptions;

type Settle = (outcome: unknown) => void;

/**
 * The functions that settle the latest promise. One function stores them, made once; a closure for each promise would cost
 * more.
 */
let resolveLast: Settle;
let rejectLast: Settle;
function keepLast(resolve: Settle, reject: Settle): void {
  resolveLast = resolve;
  rejectLast = reject;
}

/**
 * A caller that waits for the outcome of an operation. It goes through the queue beside the message and comes back with the
 * delivery. Every operation has one, so there are closures only if the caller limits the wait.
 */
export class Ticket {
  readonly promise = new Promise<unknown>(keepLast);
  /** Whether the queue has taken the message: from then on, a caller that stops waiting does not know the outcome. */
  isSubmitted = false;
  isSettled = false;
  /** Told once, when it is settled. */
  whenSettled: (() => void) | null = null;
  readonly #resolve = resolveLast;
  readonly #reject = rejectLast;
  #stopWatching: (() => void) | null = null;

  constructor(readonly operation: object) {}

  /** The name of the operation's class, for a message to a person. */
  get name(): string {
    return this.operation.constructor.name;
  }

  resolve(result: unknown): void {
    this.#settle();
    this.#resolve(result);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  /** The restored state of this replica is beyond the operation: its outcome is not known here. */
  skip(): void {
    if (this.isSettled) return;
    const message = `${this.name} was ordered or refused while this replica was behind, which goes on from a checkpoint.`;
    this.reject(new UnknownOutcomeError(message));
  }

  /**
   * Limits the wait, as measured by `clock`. Throws the signal's reason if it has aborted already,
   * and INVALID_OPTION.
   */
  watch(options: ExecuteOptions, clock: Pick<Queue, 'after'>): void {
    checkWait('execute', options);
    const { signal, timeoutMs } = options;
    signal?.throwIfAborted();
    const stop = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => this.#expire(timeoutMs));
    const abort = (): void => this.#giveUp(signal?.reason, 'the wait was aborted');
    signal?.addEventListener('abort', abort, { once: true });
    // One signal may serve thousands of operations: this is no leak, but Node would warn of one.
    if (signal !== undefined) setMaxListeners(0, signal);
    this.#stopWatching = () => {
      stop?.();
      signal?.removeEventListener('abort', abort);
    };
  }

  #expire(timeoutMs: number): void {
    const limit = `${timeoutMs} ms had passed`;
    const where = this.isSubmitted ? '' : ' It was not submitted: the queue had no room.';
    this.#giveUp(new DOMException(`${this.name} was given up when ${limit}.${where}`, 'TimeoutError'), limit);
  }

  #giveUp(reason: unknown, why: string): void {
    this.reject(
      this.isSubmitted
        ? new UnknownOutcomeError(`${this.name} had not been executed here when ${why}.`, { cause: reason })
        : reason,
    );
  }

  #settle(): void {
    this.whenSettled?.();
    this.isSettled = true;
    if (this.#stopWatching !== null) this.#stopWatching();
    this.#stopWatching = null;
  }
}
