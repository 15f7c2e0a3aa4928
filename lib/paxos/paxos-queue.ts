/**
 * The asynchronous persistent queue: the same ordered, durable list of messages at every process, whoever crashes and
 * comes back (Vieira and Buzato, section 3). This file is the engine's outside, and its life from the opening to the end.
 */
import type { Logger } from 'pino';
import type { Notice } from '../consensus/effects.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import type { Position, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { defaultLog } from '../queue/default-log.js';
import { guardedLog } from '../queue/guarded-log.js';
import { checkHolder } from '../queue/holder-checks.js';
import { checkMessage, checkTicket } from '../queue/message-checks.js';
import type { Queue } from '../queue/queue.js';
import { Reader, type QueueMessage } from '../queue/reader.js';
import type { StateHolder } from '../queue/state-holder.js';
import type { Receiver, Transport } from '../transport/transport.js';
import type { QueueStatus } from './attendance.js';
import { compose, type Engine, type EngineOwner, type EngineParts } from './compose.js';
import { mismatchIn } from './mismatch.js';
import { baseOf, openLedger } from './opening.js';
import { checkOptions, type QueueOptions } from './options.js';
import { Outcome } from './outcome.js';
import { realPorts, type QueuePorts } from './ports.js';
import { PutTicket } from './put-ticket.js';
import type { Scheduler } from './scheduler.js';

export class AsynchronousPersistentQueue implements Queue {
  readonly queueId: string;
  readonly processId: ProcessId;
  readonly #ledger: Ledger;
  readonly #transport: Transport;
  readonly #engine: Engine;
  readonly #scheduler: Scheduler;
  readonly #log: Logger;
  readonly #replicas: number;
  readonly #stopTicking: () => void;
  readonly #founded = new Outcome();
  readonly #closed = new Outcome();
  #reader: Reader | null = null;
  #holder: StateHolder | null = null;
  #closing: Promise<void> | null = null;
  #cause: Error | null = null;

  /**
   * Opens the queue `queueId`, a multicast address and port such as `'239.255.0.1:7400'`. A process that the group
   * knows resumes where it was; processes that belong to none found one as soon as `replicas` of them have met. A
   * process beyond those waits, until `signal` is aborted, and says so in its log, or joins with `recover: true`.
   * @throws TreplicaError INVALID_OPTION, NOT_MULTICAST, PORT_IN_USE, NETWORK, DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE,
   * LEDGER_DAMAGED, LEDGER_VERSION, LEDGER_FAILED, VOTES_LOST, QUEUE_MISMATCH, REPLICAS_MISMATCH, BACKUP_MISMATCH; each names
   * the thing and the remedy.
   */
  static create(queueId: string, options: QueueOptions): Promise<AsynchronousPersistentQueue> {
    return AsynchronousPersistentQueue.open(queueId, options, realPorts(queueId, options));
  }

  /** For `open`. */
  private constructor(parts: EngineParts) {
    const { queueId, claimed, ledger, transport, log, options, ports } = parts;
    this.queueId = queueId;
    this.processId = claimed.identity.process;
    this.#ledger = ledger;
    this.#transport = transport;
    this.#scheduler = ports.scheduler;
    this.#log = log;
    this.#replicas = options.replicas;
    const owner: EngineOwner = {
      noticed: (notice) => {
        this.#onNotice(notice);
      },
      failed: (error) => {
        this.#fail(error);
      },
    };
    this.#engine = compose(parts, owner);
    this.#stopTicking = this.#scheduler.every(limits.tickMs, () => {
      this.#engine.tick();
    });
    this.#engine.begin();
    if (claimed.past.views.length > 0) this.#founded.settle(null);
  }

  /** Resolves when the owner has closed the queue; rejects with the cause when it had to stop by itself. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** What this process knows of its group at this moment, as for a health check. */
  get status(): QueueStatus {
    return this.#engine.attendance.status;
  }

  /**
   * Appends a message, at most 64 MiB, and resolves with its position once it is ordered and durable at a quorum.
   * While too much is pending it waits for room first. The bytes must not be changed afterwards.
   * @throws TreplicaError QUEUE_CLOSED, MESSAGE_TOO_LARGE, INVALID_OPTION or, where a state machine is bound to the queue,
   * QUEUE_BOUND when nothing was put; UnknownOutcomeError when the queue stops before the message is known to be ordered.
   */
  async put(message: Uint8Array): Promise<Position> {
    let ticket: PutTicket | undefined;
    const ordered = new Promise<Position>((resolve, reject) => {
      ticket = new PutTicket(resolve, reject);
    });
    for (let room = this.submit(message, ticket); room !== undefined; room = this.submit(message, ticket)) await room;
    return ordered;
  }

  /**
   * As `put`, for a state holder: the ticket comes back to it with the message instead of a promise. Returns a promise
   * only where there is no room; nothing was taken then: wait for it and try again.
   * @throws TreplicaError QUEUE_CLOSED, MESSAGE_TOO_LARGE, INVALID_OPTION, or QUEUE_BOUND where the holder does not accept
   * the ticket.
   */
  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    checkMessage(message);
    if (this.#closing === null) checkTicket(this.#holder, ticket, this.queueId);
    const room = this.#engine.batcher.submit(message, ticket);
    this.#engine.driver.wake();
    return room;
  }

  /**
   * The next message, from the first one that the group has ever ordered; each is given once. A queue is read either so
   * or by the state holder that it is bound to.
   * @throws TreplicaError QUEUE_CLOSED, QUEUE_BOUND.
   */
  async get(): Promise<QueueMessage> {
    return this.#read().get();
  }

  /** All messages, from the first one on; ends when the queue is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined> {
    return this.#read()[Symbol.asyncIterator]();
  }

  /**
   * Hands every message to `holder` from now on, from the first one on. Resolves when it has been given everything that
   * was decided, as far as this process knew, at the time of the call.
   * @throws TreplicaError QUEUE_BOUND, QUEUE_CLOSED, INVALID_OPTION.
   */
  async bind(holder: StateHolder): Promise<void> {
    checkHolder(holder);
    const bound = this.#engine.delivery.bind(holder);
    this.#holder = holder;
    await bound;
  }

  /**
   * Saves the state of the bound holder now, so that the log before it can be cut, and resolves when it is durable. Queues
   * do so by themselves as `options.checkpoint` says.
   * @throws TreplicaError NOT_SERIALIZABLE or CLASS_NOT_REGISTERED where the state cannot be saved, LEDGER_FAILED where it
   * cannot be stored, QUEUE_CLOSED.
   */
  checkpoint(): Promise<Checkpoint> {
    return this.#engine.recovery.checkpoint();
  }

  /**
   * Resolves once everything that was acknowledged anywhere before the call has been handed over here: what is read
   * from the state afterwards is linearizable. Costs a question to a majority, which all waiting callers share. Rejects
   * with the reason of `signal` when that aborts before.
   * @throws TreplicaError QUEUE_CLOSED.
   */
  sync(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== null) {
        reject(closedError(this.#cause));
        return;
      }
      const resolveLater = (): void => void this.#engine.delivery.caughtUp().then(resolve, reject);
      const forget = this.#engine.driver.read({ resolve: resolveLater, reject });
      const giveUp = (): void => {
        forget();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is what its owner says
        reject(signal?.reason);
      };
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /**
   * Calls back once after `ms` milliseconds, at most 2³¹ − 1, of the clock that the queue runs by, unless the returned
   * function is called before: for state holders that limit a wait.
   */
  after(ms: number, callback: () => void): () => void {
    return this.#scheduler.after(ms, callback);
  }

  /** Stops taking part, tells everyone who waits, and releases sockets and ledger. Idempotent. */
  close(): Promise<void> {
    return this.#stop(null);
  }

  #read(): Reader {
    if (this.#reader === null) {
      const reader = new Reader({
        unreadBytesMax: limits.unreadBytesMax,
        resume: () => {
          this.#engine.delivery.resume();
        },
      });
      if (this.#closing === null) void this.#engine.delivery.bind(reader);
      else reader.stopped([], this.#cause);
      this.#reader = reader;
    }
    return this.#reader;
  }

  #fail(error: Error): void {
    void this.#stop(error);
    this.#log.fatal({ err: error, queue: this.queueId, process: this.processId }, 'the queue has stopped');
  }

  #stop(cause: Error | null): Promise<void> {
    this.#closing ??= this.#release(cause);
    return this.#closing;
  }

  async #release(cause: Error | null): Promise<void> {
    this.#cause = cause;
    this.#engine.driver.stop(closedError(cause));
    this.#stopTicking();
    const recovered = this.#engine.recovery.close();
    this.#stopDelivery(cause);
    this.#founded.settle(
      cause ?? new TreplicaError('QUEUE_CLOSED', 'The queue was closed before its group was founded.'),
    );
    const { malformed } = this.#engine.driver;
    this.#log.debug({ ...this.#transport.statistics, malformed }, 'what has been sent, received and dropped');
    await this.#transport.close();
    await recovered;
    await this.#ledger.close();
    this.#closed.settle(cause);
  }

  /** Whatever the holder does when it is told, the queue closes. */
  #stopDelivery(cause: Error | null): void {
    try {
      this.#engine.delivery.stop(cause);
    } catch (error) {
      this.#log.error({ err: error, queue: this.queueId }, 'what the queue was bound to has failed in stopped()');
    }
  }

  #onNotice(notice: Notice): void {
    const mismatch = mismatchIn(notice, this.queueId, this.#replicas);
    if (mismatch !== null) this.#fail(mismatch);
    else if (notice.kind !== 'founded') return;
    else if (notice.part === 'stranger') this.#engine.attendance.cameTooLate();
    else this.#founded.settle(null);
  }

  /** As `create`, on other ports: puts a queue together and waits until its process belongs to a group. */
  static async open(queueId: string, options: QueueOptions, ports: QueuePorts): Promise<AsynchronousPersistentQueue> {
    checkOptions(options);
    options.signal?.throwIfAborted();
    const log = guardedLog(options.log ?? defaultLog(), queueId);
    for (;;) {
      try {
        return await AsynchronousPersistentQueue.#openOnce(queueId, options, ports, log);
      } catch (error) {
        // Nobody has been given a queue yet: the process begins anew by itself.
        if (!(error instanceof TreplicaError) || error.code !== 'FOUNDING_FAILED') throw error;
      }
    }
  }

  static async #openOnce(
    queueId: string,
    options: QueueOptions,
    ports: QueuePorts,
    log: Logger,
  ): Promise<AsynchronousPersistentQueue> {
    const opened = await openLedger(queueId, options, ports, (count) => ports.scheduler.randomBytes(count), log);
    const { ledger, claimed } = opened;
    let transport: Transport | null = null;
    try {
      const { base, loss } = await baseOf(opened, queueId);
      // What arrives before the queue is there is lost, as datagrams may be.
      let receive: Receiver = () => undefined;
      transport = await ports.openTransport(
        claimed.identity.process,
        claimed.start,
        (from, group, message, start) => {
          receive(from, group, message, start);
        },
        log,
      );
      options.signal?.throwIfAborted();
      const queue = new AsynchronousPersistentQueue({
        ...{ queueId, options, ports, ledger, transport, claimed, base, loss, log },
      });
      receive = (from, group, message, start) => {
        queue.#engine.driver.receive(from, group, message, start);
      };
      await queue.#foundedOr(options.signal);
      return queue;
    } catch (error) {
      await transport?.close();
      await ledger.close();
      throw error;
    }
  }

  async #foundedOr(signal: AbortSignal | undefined): Promise<void> {
    const abort = () => {
      void this.#stop(
        signal?.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal?.reason }),
      );
    };
    signal?.addEventListener('abort', abort);
    try {
      await this.#founded.promise;
    } catch (error) {
      await this.#closing;
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}

function closedError(cause: Error | null): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed and cannot be read.', cause === null ? {} : { cause });
}
