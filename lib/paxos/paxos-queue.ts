/**
 * The asynchronous persistent queue: the same ordered, durable list of messages at every process, whoever crashes and
 * comes back (Vieira and Buzato, section 3). This file puts the parts of one queue together; the driver runs them.
 */
import type { Logger } from 'pino';
import { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import type { Ledger } from '../ledger/ledger.js';
import { hasSetAside, openLmdbLedger, setLedgerAside } from '../ledger/open.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import type { GroupId, Position, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { startNumber, type Start } from '../model/start.js';
import type { Receiver, Transport } from '../transport/transport.js';
import { parseQueueId } from '../transport/udp/udp-options.js';
import { openUdpTransport } from '../transport/udp/udp-transport.js';
import { Attendance, type QueueStatus } from './attendance.js';
import { Batcher } from './batcher.js';
import { defaultLog } from '../queue/default-log.js';
import { Delivery, type Base } from './delivery.js';
import { Driver } from './driver.js';
import { guardedLog } from '../queue/guarded-log.js';
import { checkHolder } from '../queue/holder-checks.js';
import type { ClaimedIdentity } from './identity.js';
import { logNotice, type QueueNotice } from './notices.js';
import { baseOf, openLedger, type LedgerPorts } from './opening.js';
import { checkMessage, checkOptions, type QueueOptions } from './options.js';
import { Outcome } from './outcome.js';
import { PutTicket } from './put-ticket.js';
import { Reader, type QueueMessage } from '../queue/reader.js';
import { Recovery, restore } from './recovery/recovery.js';
import { realScheduler, type Scheduler } from './scheduler.js';
import { isSound } from '../sequence/sound-batch.js';
import type { StateHolder } from '../queue/state-holder.js';
import { Waits } from './waits.js';
import { votesAPromise } from './wire/wire.js';

/** What a queue stands on. */
export interface QueuePorts extends LedgerPorts {
  readonly openTransport: (self: ProcessId, start: Start, receiver: Receiver, log: Logger) => Promise<Transport>;
  readonly scheduler: Scheduler;
  /** A chunk of a checkpoint, in bytes; `limits.checkpointChunkBytes` unless given. */
  readonly checkpointChunkBytes?: number | undefined;
  /** Votes that one message of phase 1 reports; as many as fit a datagram by default. */
  readonly votesAPromise?: number | undefined;
  /** Processes that the table of delivered batches knows, the same at all of a group; `limits.deliveryRowsMax` unless given. */
  readonly deliveryRowsMax?: number | undefined;
}

/** What a frame and the message around a batch need of a datagram. */
const DATAGRAM_OVERHEAD_BYTES = 512;

export class AsynchronousPersistentQueue {
  readonly queueId: string;
  readonly processId: ProcessId;
  readonly #ledger: Ledger;
  readonly #transport: Transport;
  readonly #batcher: Batcher;
  readonly #delivery: Delivery;
  readonly #driver: Driver;
  readonly #attendance: Attendance;
  readonly #recovery: Recovery;
  readonly #scheduler: Scheduler;
  readonly #log: Logger;
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
    return AsynchronousPersistentQueue.open(queueId, options, {
      openLedger: () => {
        parseQueueId(queueId); // What is no queue id must not become a name in a ledger that other queues share.
        return openLmdbLedger(options.directory, queueId, options.newQueue === true);
      },
      setLedgerAside: () => setLedgerAside(options.directory),
      hasSetAside: () => hasSetAside(options.directory),
      openTransport: (self, start, receiver, log) => {
        const { networkInterface, port, maxDatagramBytes } = options;
        return openUdpTransport({ queueId, self, start, receiver, log, networkInterface, port, maxDatagramBytes });
      },
      scheduler: realScheduler,
    });
  }

  /** For `open`. */
  private constructor(parts: {
    readonly queueId: string;
    readonly claimed: ClaimedIdentity;
    /** Where the local checkpoint ends; null where there is none or it is lost. */
    readonly base: Base | null;
    readonly options: QueueOptions;
    readonly ledger: Ledger;
    readonly transport: Transport;
    readonly scheduler: Scheduler;
    readonly chunkBytes: number;
    readonly votesAPromise: number | undefined;
    readonly deliveryRowsMax: number | undefined;
    readonly log: Logger;
  }) {
    const { options, ledger, transport, scheduler } = parts;
    const { identity, start, past } = parts.claimed;
    const { process: self, incarnation } = identity;
    this.queueId = parts.queueId;
    this.processId = self;
    this.#ledger = ledger;
    this.#transport = transport;
    this.#scheduler = scheduler;
    this.#log = parts.log;
    const fail = (error: Error) => {
      this.#fail(error);
    };
    const defer = (callback: () => void) => {
      scheduler.defer(callback);
    };
    this.#batcher = new Batcher({
      process: self,
      startNumber: startNumber(start),
      since: past.watermark,
      now: () => core.stamp(scheduler.now()),
      limits: {
        ...limits,
        batchBytesMax: Math.min(limits.batchBytesMax, transport.maxDatagramBytes - DATAGRAM_OVERHEAD_BYTES),
        // What all proposers have in flight must fit a receiver's buffer, for a receiver busy with a commit reads nothing.
        bytesInFlightMax: Math.min(limits.bytesInFlightMax, transport.receiveBufferBytes / options.replicas),
      },
    });
    const { everyBytes, everyPositions, logMarginBytes } = options.checkpoint ?? {};
    const stretch = {
      bytes: everyBytes ?? limits.checkpointEveryBytes,
      positions: everyPositions ?? limits.checkpointEveryPositions,
    };
    this.#delivery = new Delivery({
      batcher: this.#batcher,
      base: parts.base,
      isAdrift: parts.base === null && (past.start > 0 || past.verdict !== null),
      stretch,
      deliveryRowsMax: parts.deliveryRowsMax,
      read: (from, to, maxBytes) => ledger.read(from, to, maxBytes),
      catchUpBytes: limits.catchUpBytes,
      defer,
      restore: (checkpoint, keeper) => restore(ledger, checkpoint, keeper, scheduler),
      onLostCheckpoint: (error) => {
        this.#lostCheckpoint(error);
      },
      onDamage: (damage) => {
        this.#recovery.damagedHere(damage);
      },
      onProgress: () => {
        this.#recovery.progressed();
      },
      fail,
    });
    const notify = (notice: QueueNotice): void => {
      logNotice(this.#log, notice, { queue: this.queueId, interface: transport.place });
    };
    const core = new Consensus(
      {
        self,
        incarnation,
        isAdmitted: false,
        founds: identity.founds,
        observes: options.recover === true,
        replicas: options.replicas,
        mode: options.mode ?? 'adaptive',
        random: () => scheduler.random(),
        votesAPromise: parts.votesAPromise ?? votesAPromise(transport.maxDatagramBytes),
        isSound,
        deliveryRowsMax: parts.deliveryRowsMax,
      },
      past,
    );
    this.#recovery = new Recovery({
      self,
      core,
      ledger,
      delivery: this.#delivery,
      driver: () => this.#driver,
      past,
      logMarginBytes: logMarginBytes ?? limits.logMarginBytes,
      chunkBytes: parts.chunkBytes,
      task: { directory: options.directory, queueId: parts.queueId, stretch },
      scheduler,
      log: this.#log,
      notify,
      fail: (error) => {
        fail(error instanceof Error ? error : new Error(String(error)));
      },
    });
    this.#attendance = new Attendance({
      self,
      replicas: options.replicas,
      founds: identity.founds,
      members: () => core.views.at(-1)?.view.members ?? null,
      coordinates: () => core.reign !== null,
      notify,
    });
    const waits = new Waits({
      core,
      batcher: this.#batcher,
      recovery: this.#recovery,
      decidedTimeMs: () => this.#holder?.decidedTimeMs,
      now: () => scheduler.now(),
      notify,
    });
    this.#driver = new Driver({
      core,
      repair: this.#recovery,
      ledger,
      transport,
      batcher: this.#batcher,
      delivery: this.#delivery,
      queueId: parts.queueId,
      self,
      starts: past.starts,
      isRefuted: past.verdict !== null,
      defer,
      now: () => scheduler.now(),
      onNotice: (notice) => {
        notify(notice);
        this.#onNotice(notice, options.replicas);
      },
      heard: (from, message) => {
        this.#attendance.heard(from, message);
      },
      onForeignGroup: (group) => {
        this.#log.warn({ queue: this.queueId, group }, 'another group uses this address: give each group its own');
      },
      fail,
    });
    this.#stopTicking = scheduler.every(limits.tickMs, () => {
      this.#driver.tick();
      this.#attendance.tick();
      waits.tick();
    });
    if (past.views.length > 0) this.#founded.settle(null);
  }

  /** Resolves when the owner has closed the queue; rejects with the cause when it had to stop by itself. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** What this process knows of its group at this moment, as for a health check. */
  get status(): QueueStatus {
    return this.#attendance.status;
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
    if (this.#closing === null && this.#holder?.accepts?.(ticket) === false) throw foreignMessage(this.queueId);
    const room = this.#batcher.submit(message, ticket);
    this.#driver.wake();
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
    const bound = this.#delivery.bind(holder);
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
    return this.#recovery.checkpoint();
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
      const resolveLater = (): void => void this.#delivery.caughtUp().then(resolve, reject);
      const forget = this.#driver.read({ resolve: resolveLater, reject });
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
          this.#delivery.resume();
        },
      });
      if (this.#closing === null) void this.#delivery.bind(reader);
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
    this.#driver.stop(closedError(cause));
    this.#stopTicking();
    const recovered = this.#recovery.close();
    this.#stopDelivery(cause);
    this.#founded.settle(
      cause ?? new TreplicaError('QUEUE_CLOSED', 'The queue was closed before its group was founded.'),
    );
    const { malformed } = this.#driver;
    this.#log.debug({ ...this.#transport.statistics, malformed }, 'what has been sent, received and dropped');
    await this.#transport.close();
    await recovered;
    await this.#ledger.close();
    this.#closed.settle(cause);
  }

  /** Whatever the holder does when it is told, the queue closes. */
  #stopDelivery(cause: Error | null): void {
    try {
      this.#delivery.stop(cause);
    } catch (error) {
      this.#log.error({ err: error, queue: this.queueId }, 'what the queue was bound to has failed in stopped()');
    }
  }

  #lostCheckpoint(error: TreplicaError): void {
    this.#log.error({ err: error }, 'the local checkpoint cannot be used');
    this.#recovery.lostCheckpoint(error);
  }

  #onNotice(notice: Notice, replicas: number): void {
    if (notice.kind === 'founded') {
      const { size } = notice.view;
      if (size !== replicas) this.#fail(groupDiffers(this.queueId, notice.group, size, replicas));
      else if (notice.part === 'stranger') this.#attendance.cameTooLate();
      else this.#founded.settle(null);
    }
    if (notice.kind === 'replicas-differ') this.#fail(replicasDiffer(this.queueId, notice.process, notice.replicas));
    if (notice.kind === 'bases-differ') this.#fail(basesDiffer(this.queueId, notice));
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
        queueId,
        claimed,
        base,
        options,
        ledger,
        transport,
        scheduler: ports.scheduler,
        chunkBytes: ports.checkpointChunkBytes ?? limits.checkpointChunkBytes,
        votesAPromise: ports.votesAPromise,
        deliveryRowsMax: ports.deliveryRowsMax,
        log,
      });
      if (loss !== null) queue.#lostCheckpoint(loss);
      receive = (from, group, message, start) => {
        queue.#driver.receive(from, group, message, start);
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

function foreignMessage(queueId: string): TreplicaError {
  return new TreplicaError(
    'QUEUE_BOUND',
    `Nothing was put: a state machine is bound to the queue ${queueId}, and every replica would pass over anything in its log but the machine's operations. Execute an operation, or put messages on a queue of their own.`,
  );
}

function replicasDiffer(queueId: string, process: ProcessId, replicas: number): TreplicaError {
  return new TreplicaError(
    'REPLICAS_MISMATCH',
    `Process ${process} on ${queueId} was started for ${String(replicas)} replicas, this one for another number: start all processes of a group with the same number of replicas.`,
  );
}

function groupDiffers(queueId: string, group: GroupId, members: number, replicas: number): TreplicaError {
  return new TreplicaError(
    'REPLICAS_MISMATCH',
    `Group ${group} on ${queueId} is a group of ${String(members)}, and this process was started for ${String(replicas)} replicas: start it with replicas: ${String(members)} and recover: true to have it follow that group without a vote, or give the group of ${String(replicas)} another queue id.`,
  );
}

function basesDiffer(
  queueId: string,
  { process, base, own }: Extract<Notice, { kind: 'bases-differ' }>,
): TreplicaError {
  const name = (digest: string) => (digest === '' ? 'from nothing' : `from backup ${digest}`);
  return new TreplicaError(
    'BACKUP_MISMATCH',
    `Process ${process} on ${queueId}, or its group, began ${name(base)}, and this one ${name(own)}: restore all processes of a group from the same backup, and let no other group use its address.`,
  );
}
