import { TreplicaError } from '../model/errors.js';
import type { Queue } from '../queue/queue.js';
import type { PositionWaits } from './position-waits.js';
import type { ReadOptions } from './read-options.js';
import { within } from './wait-options.js';

/** When the query of a read may run, by what its state is to include. */
export class Reads {
  readonly #queue: Pick<Queue, 'sync' | 'after'>;
  readonly #positionWaits: PositionWaits;

  constructor(queue: Pick<Queue, 'sync' | 'after'>, positionWaits: PositionWaits) {
    this.#queue = queue;
    this.#positionWaits = positionWaits;
  }

  /**
   * Rejects with READ_TIMED_OUT, the signal's reason or QUEUE_CLOSED; with STATE_MACHINE_CLOSED where the replica has stopped at a
   * lower position.
   */
  async ready(options: ReadOptions): Promise<void> {
    const { consistency = 'linearizable', position = 0, signal, timeoutMs } = options;
    signal?.throwIfAborted();
    if (consistency === 'local') return;
    const wait = (until?: AbortSignal): Promise<void> =>
      consistency === 'linearizable' ? this.#queue.sync(until) : this.#positionWaits.wait(position, until);
    const isLimited = signal !== undefined || timeoutMs !== undefined;
    const timedOut = (limitMs: number): TreplicaError => readTimedOut(limitMs, options);
    await (isLimited ? within(this.#queue, options, timedOut, wait) : wait());
  }
}

function readTimedOut(timeoutMs: number, { consistency, position }: ReadOptions): TreplicaError {
  const why =
    consistency === 'sequential'
      ? `this replica did not come to position ${String(position)}`
      : 'this replica got no answer from a majority, or did not execute everything that was acknowledged before';
  return new TreplicaError(
    'READ_TIMED_OUT',
    `The query was not run: within ${timeoutMs} ms ${why}. Reads change nothing: try again, here or at another replica, or check whether a majority is up.`,
  );
}
