/**
 * The asynchronous persistent queue: the same ordered, durable list of messages at every process, whoever crashes and
 * comes back (Vieira and Buzato, section 3). This file puts the parts of one queue together; the driver runs them.
 */
import { pino, type Logger } from 'pino';
import { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import type { Ledger } from '../ledger/ledger.js';
import { openLmdbLedger } from '../ledger/lmdb-ledger.js';
import { hasSetAside, setLedgerAside } from '../ledger/set-aside.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import type { Position, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Receiver, Transport } from '../transport/transport.js';
import { parseQueueId } from '../transport/udp-options.js';
import { openUdpTransport } from '../transport/udp-transport.js';
import { Batcher } from './batcher.js';
import { Delivery, type Base } from './delivery.js';
import { Driver } from './driver.js';
import type { Taken } from './identity.js';
import { logNotice } from './notices.js';
import { baseOf, openLedger, type LedgerPorts } from './opening.js';
import { checkMessage, checkOptions, type QueueOptions } from './options.js';
import { Outcome } from './outcome.js';
import { PutTicket } from './put-ticket.js';
import { Reader, type QueueMessage } from './reader.js';
import { Recovery, restore } from './recovery.js';
import { realScheduler, type Scheduler } from './scheduler.js';
import type { StateHolder } from './state-holder.js';

/** What a queue stands on. */
export interface QueuePorts extends LedgerPorts {
  readonly openTransport: (self: ProcessId, receiver: Receiver, log: Logger) => Promise<Transport>;
  readonly scheduler: Scheduler;
  /** A chunk of a checkpoint, in bytes; `limits.checkpointChunkBytes` unless given. */
  readonly checkpointChunkBytes?: number | undefined;
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
  readonly #recovery: Recovery;
  readonly #scheduler: Scheduler;
  readonly #log: Logger;
  readonly #stopTicking: () => void;
  readonly #founded = new Outcome();
  readonly #closed = new Outcome();
  #reader: Reader | null = null;
  #closing: Promise<void> | null = null;
  #cause: Error | null = null;

  /**
   * Opens the queue `queueId`, a multicast address and port such as `'239.255.0.1:7400'`. A process that the group
   * knows resumes where it was; processes that belong to none found one as soon as `replicas` of them have met. A
   * process beyond those waits, until `signal` is aborted, and says so in its log, or joins with `recover: true`.
   * @throws TreplicaError INVALID_OPTION, NOT_MULTICAST, PORT_IN_USE, NETWORK, DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE,
   * LEDGER_DAMAGED, LEDGER_VERSION, LEDGER_FAILED, REPLICAS_MISMATCH, BACKUP_MISMATCH; each names the thing and the remedy.
   */
  static create(queueId: string, options: QueueOptions): Promise<AsynchronousPersistentQueue> {
    return AsynchronousPersistentQueue.open(queueId, options, {
      openLedger: () => {
        parseQueueId(queueId); // What is no queue id must not become a name in a ledger that other queues share.
        return openLmdbLedger(options.directory, queueId);
      },
      setLedgerAside: () => setLedgerAside(options.directory),
      hasSetAside: () => hasSetAside(options.directory),
      openTransport: (self, receiver, log) => {
        const { networkInterface, maxDatagramBytes } = options;
        return openUdpTransport({ queueId, self, receiver, log, networkInterface, maxDatagramBytes });
      },
      scheduler: realScheduler,
    });
  }

  /** For `open`. */
  private constructor(parts: {
    readonly queueId: string;
    readonly taken: Taken;
    /** Where the local checkpoint ends; null where there is none or it is lost. */
    readonly base: Base | null;
    readonly options: QueueOptions;
    readonly ledger: Ledger;
    readonly transport: Transport;
    readonly scheduler: Scheduler;
    readonly chunkBytes: number;
    readonly log: Logger;
  }) {
    const { options, ledger, transport, scheduler } = parts;
    const { identity, past } = parts.taken;
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
      incarnation,
      now: () => scheduler.now(),
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
      isAdrift: parts.base === null && past.start > 0,
      stretch,
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
    const core = new Consensus(
      {
        self,
        incarnation,
        founds: identity.founds,
        learns: options.recover === true || !identity.founds,
        replicas: options.replicas,
        mode: options.mode ?? 'adaptive',
        random: () => scheduler.random(),
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
      fail: (error) => {
        fail(error instanceof Error ? error : new Error(String(error)));
      },
    });
    this.#driver = new Driver({
      core,
      repair: this.#recovery,
      ledger,
      transport,
      batcher: this.#batcher,
      delivery: this.#delivery,
      group: past.group,
      defer,
      onNotice: (notice) => {
        this.#onNotice(notice);
      },
      onForeignGroup: (group) => {
        this.#log.warn({ queue: this.queueId, group }, 'another group uses this address: give each group its own');
      },
      fail,
    });
    this.#stopTicking = scheduler.every(limits.tickMs, () => {
      this.#driver.tick();
    });
    if (past.views.length > 0) this.#founded.settle(null);
  }

  /** Resolves when the owner has closed the queue; rejects with the cause when it had to stop by itself. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Appends a message, at most 64 MiB, and resolves with its position once it is ordered and durable at a quorum.
   * While too much is pending it waits for room first. The bytes must not be changed afterwards.
   * @throws TreplicaError QUEUE_CLOSED, MESSAGE_TOO_LARGE or INVALID_OPTION when nothing was put, UnknownOutcomeError
   * when the queue stops before the message is known to be ordered.
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
   * @throws TreplicaError QUEUE_CLOSED, MESSAGE_TOO_LARGE or INVALID_OPTION.
   */
  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    checkMessage(message);
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
   * @throws TreplicaError QUEUE_BOUND, QUEUE_CLOSED.
   */
  async bind(holder: StateHolder): Promise<void> {
    await this.#delivery.bind(holder);
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
   * from the state afterwards is linearizable. Costs a question to a majority, which all waiting callers share.
   * @throws TreplicaError QUEUE_CLOSED.
   */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== null) {
        reject(closedError(this.#cause));
        return;
      }
      this.#driver.read({ resolve: () => void this.#delivery.caughtUp().then(resolve, reject), reject });
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
    this.#log.fatal({ err: error, queue: this.queueId, process: this.processId }, 'the queue has stopped');
    void this.#stop(error);
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
    this.#delivery.stop(cause);
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

  #lostCheckpoint(error: TreplicaError): void {
    this.#log.error({ err: error }, 'the local checkpoint is damaged');
    this.#recovery.lostCheckpoint(error);
  }

  #onNotice(notice: Notice): void {
    logNotice(this.#log, notice);
    if (notice.kind === 'founded' && notice.part !== 'stranger') this.#founded.settle(null);
    if (notice.kind === 'replicas-differ') this.#fail(replicasDiffer(this.queueId, notice.process, notice.replicas));
    if (notice.kind === 'bases-differ') this.#fail(basesDiffer(this.queueId, notice));
  }

  /** As `create`, on other ports: puts a queue together and waits until its process belongs to a group. */
  static async open(queueId: string, options: QueueOptions, ports: QueuePorts): Promise<AsynchronousPersistentQueue> {
    checkOptions(options);
    options.signal?.throwIfAborted();
    const log = options.log ?? pino({ name: 'treplica', level: 'warn' });
    const opened = await openLedger(queueId, options, ports, log);
    const { ledger, taken } = opened;
    let transport: Transport | null = null;
    try {
      const { base, loss } = await baseOf(opened);
      // What arrives before the queue is there is lost, as datagrams may be.
      let receive: Receiver = () => undefined;
      transport = await ports.openTransport(
        taken.identity.process,
        (from, group, message) => {
          receive(from, group, message);
        },
        log,
      );
      options.signal?.throwIfAborted();
      const queue = new AsynchronousPersistentQueue({
        queueId,
        taken,
        base,
        options,
        ledger,
        transport,
        scheduler: ports.scheduler,
        chunkBytes: ports.checkpointChunkBytes ?? limits.checkpointChunkBytes,
        log,
      });
      if (loss !== null) queue.#lostCheckpoint(loss);
      receive = (from, group, message) => {
        queue.#driver.receive(from, group, message);
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

function replicasDiffer(queueId: string, process: ProcessId, replicas: number): TreplicaError {
  return new TreplicaError(
    'REPLICAS_MISMATCH',
    `Process ${process} on ${queueId} was started for ${String(replicas)} replicas, this one for another number: start all processes of a group with the same number of replicas.`,
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
