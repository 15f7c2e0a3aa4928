import type { Notice } from '../consensus/effects.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { QueueStatus } from '../queue/status.js';
import { compose, type Engine, type EngineParts } from './compose.js';
import { mismatchIn } from './mismatch.js';
import { Outcome } from './outcome.js';

/** The life of an engine: it works as soon as it is made, belongs to a group once that is founded, and stops once, for good. */
export class EngineLife {
  readonly parts: EngineParts;
  readonly engine: Engine;
  readonly #replicas: number;
  readonly #stopTicking: () => void;
  readonly #founded = new Outcome();
  readonly #closed = new Outcome();
  readonly #released = new Outcome();
  /** Ends what operators may do. */
  #operated: Promise<() => void> | null = null;
  #stopped: QueueStatus['stopped'] = null;

  constructor(parts: EngineParts) {
    const { claimed, ports, subscribers, transport } = parts;
    this.parts = parts;
    this.#replicas = parts.options.replicas;
    this.engine = compose(parts, {
      noticed: (notice) => {
        this.#onNotice(notice);
      },
      failed: (error) => {
        this.#fail(error);
      },
    });
    const { process, incarnation } = claimed.identity;
    subscribers.tell({ kind: 'opened', process, incarnation, place: transport.place });
    this.#stopTicking = ports.scheduler.every(constants.tickMs, () => {
      this.engine.tick();
    });
    this.engine.begin();
    if (claimed.past.views.length > 0) this.#founded.settle(null);
  }

  /** Null while the engine works. */
  get stopped(): QueueStatus['stopped'] {
    return this.#stopped;
  }

  /** As `Queue.closed`. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Resolves when this process belongs to a group. Stops and rejects if `signal` aborts before. */
  async founded(signal: AbortSignal | undefined): Promise<void> {
    const abort = () => {
      void this.stop(signal?.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal?.reason }));
    };
    signal?.addEventListener('abort', abort);
    try {
      await this.#founded.promise;
    } catch (error) {
      await this.#released.promise;
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Has operators reach the engine, by `enter`, until it stops. */
  async operate(enter: () => Promise<() => void>): Promise<void> {
    if (this.#stopped !== null) return;
    this.#operated = enter();
    await this.#operated;
  }

  /**
   * Stops the engine; `cause` is null where nothing has failed. Resolves when sockets and ledger are released. Holders and
   * listeners that are told of the stop may call it again meanwhile.
   */
  stop(cause: Error | null): Promise<void> {
    if (this.#stopped === null) {
      this.#stopped = { cause };
      this.#release(cause).then(
        () => {
          this.#released.settle(null);
        },
        (error: unknown) => {
          this.#released.settle(error as Error);
        },
      );
    }
    return this.#released.promise;
  }

  #fail(error: Error): void {
    if (this.#stopped === null) void this.stop(error);
    else this.parts.subscribers.tell({ kind: 'failed-later', error });
  }

  async #release(cause: Error | null): Promise<void> {
    const { driver, keys, memberChanges, recovery } = this.engine;
    const { ledger, subscribers, transport } = this.parts;
    driver.stop(closedError(cause));
    memberChanges.stop(closedError(cause));
    keys?.stop(closedError(cause));
    this.#stopTicking();
    const recovered = recovery.close();
    this.#stopDelivery(cause);
    this.#founded.settle(
      cause ?? new TreplicaError('QUEUE_CLOSED', 'The queue was closed before its group was founded.'),
    );
    subscribers.tell({ kind: 'stopped', cause, counts: { ...transport.statistics, malformed: driver.malformed } });
    await transport.close();
    await recovered;
    if (this.#operated !== null) (await this.#operated)();
    await ledger.close();
    this.#closed.settle(cause);
  }

  /** Whatever the holder does when it is told, the engine stops. */
  #stopDelivery(cause: Error | null): void {
    try {
      this.engine.delivery.stop(cause);
    } catch (error) {
      this.parts.subscribers.tell({ kind: 'holder-failed', error });
    }
  }

  #onNotice(notice: Notice): void {
    this.engine.autoReplacement.noticed(notice);
    this.engine.memberChanges.noticed(notice);
    this.engine.keys?.noticed(notice);
    const mismatch = mismatchIn(notice, this.parts.queueId, this.#replicas);
    if (mismatch !== null) this.#fail(mismatch);
    else if (notice.kind !== 'founded') return;
    else if (notice.part === 'stranger') this.engine.attendance.cameTooLate();
    else this.#founded.settle(null);
  }
}

/** For callers of a queue that has stopped. */
export function closedError(cause: Error | null): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed.', cause === null ? {} : { cause });
}
