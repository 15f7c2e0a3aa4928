/**
 * The asynchronous persistent queue: the same ordered, durable list of messages at every process, whichever crashes and comes
 * back (Vieira and Buzato, section 3). This file is the engine's outside, and its life from the opening to the end.
 */
import type { Notice } from '../consensus/effects.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { Position, ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { defaultLog } from '../queue/default-log.js';
import type { NetworkEvent, QueueListener } from '../queue/events.js';
import type { ParticipantFacts } from '../queue/facts.js';
import { guardedLog } from '../queue/guarded-log.js';
import { checkHolder } from '../queue/holder-checks.js';
import { logEvents } from '../queue/log/log-events.js';
import { checkAccepted, checkMessage, checkTicket } from '../queue/message-checks.js';
import { type MessageCodec, messageOf } from '../queue/message-values.js';
import type { Queue } from '../queue/queue.js';
import { type QueueMessage, Reader } from '../queue/reader.js';
import type { StateHolder } from '../queue/state-holder.js';
import type { QueueStatus } from '../queue/status.js';
import { Subscribers } from '../queue/subscribers.js';
import type { Receiver, Transport, TransportLog } from '../transport/transport.js';
import { compose, type Engine, type EngineOwner, type EngineParts } from './compose.js';
import { settingsOf } from './limits.js';
import { mismatchIn } from './mismatch.js';
import { baseOf, openLedger } from './opening.js';
import { checkOptions, type QueueOptions } from './options.js';
import { Outcome } from './outcome.js';
import type { PaxosStatus } from './paxos-status.js';
import type { QueuePorts } from './ports.js';
import { PutTicket } from './put-ticket.js';
import type { Scheduler } from './scheduler.js';
import { statusOf } from './status.js';

type QueueParts = EngineParts & { readonly ports: Pick<QueuePorts, 'codec'> };

/** The port, as `Queue` describes it, on whatever ports this engine is given. */
export class PaxosQueue implements Queue {
  readonly queueId: string;
  readonly processId: ProcessId;
  readonly #ledger: Ledger;
  readonly #transport: Transport;
  readonly #engine: Engine;
  readonly #scheduler: Scheduler;
  readonly #codec: MessageCodec;
  readonly #subscribers: Subscribers;
  readonly #settings: Settings;
  readonly #replicas: number;
  readonly #stopTicking: () => void;
  readonly #founded = new Outcome();
  readonly #closed = new Outcome();
  readonly #released = new Outcome();
  #reader: Reader | null = null;
  #holder: StateHolder | null = null;
  /** Null while the queue works. */
  #stopped: QueueStatus['stopped'] = null;

  /** For `open`. */
  private constructor(parts: QueueParts) {
    const { queueId, claimed, ledger, transport, subscribers, options, ports, settings } = parts;
    this.queueId = queueId;
    this.processId = claimed.identity.process;
    this.#ledger = ledger;
    this.#transport = transport;
    this.#scheduler = ports.scheduler;
    this.#settings = settings;
    this.#codec = ports.codec;
    this.#subscribers = subscribers;
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
    const { process, incarnation } = claimed.identity;
    subscribers.tell({ kind: 'opened', process, incarnation, place: transport.place });
    this.#stopTicking = this.#scheduler.every(constants.tickMs, () => {
      this.#engine.tick();
    });
    this.#engine.begin();
    if (claimed.past.views.length > 0) this.#founded.settle(null);
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** As the port says, with what this engine adds. */
  status(): PaxosStatus {
    return statusOf(this.#engine, this.#stopped);
  }

  /** As the port says. A listener that is to hear of the opening and the founding is given as the option `listener`. */
  subscribe(listener: QueueListener): () => void {
    return this.#subscribers.subscribe(listener);
  }

  async put(value: unknown): Promise<Position> {
    const message = messageOf(value, this.#codec);
    checkMessage(message);
    let ticket: PutTicket | undefined;
    const ordered = new Promise<Position>((resolve, reject) => {
      ticket = new PutTicket(resolve, reject);
    });
    for (let room = this.#take(message, ticket); room !== undefined; room = this.#take(message, ticket)) await room;
    return ordered;
  }

  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    checkMessage(message);
    if (this.#stopped === null) checkTicket(this.#holder, ticket, this.queueId);
    return this.#take(message, ticket);
  }

  #take(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    if (this.#stopped === null) checkAccepted(this.#holder, ticket, this.queueId);
    const room = this.#engine.batcher.submit(message, ticket);
    this.#engine.driver.wake();
    return room;
  }

  async get(): Promise<QueueMessage> {
    return this.#read().get();
  }

  [Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined> {
    return this.#read()[Symbol.asyncIterator]();
  }

  async bind(holder: StateHolder): Promise<void> {
    checkHolder(holder);
    const bound = this.#engine.delivery.bind(holder);
    this.#holder = holder;
    await bound;
  }

  /** As the port says. The log before it can then be cut; queues do so by themselves as `options.checkpoint` says. */
  checkpoint(): Promise<Checkpoint> {
    return this.#engine.recovery.checkpoint();
  }

  get facts(): ParticipantFacts {
    return this.#engine.driver.facts;
  }

  /** As the port says. Costs a question to a majority, which all waiting callers share. */
  sync(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped !== null) {
        reject(closedError(this.#stopped.cause));
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

  after(ms: number, callback: () => void): () => void {
    return this.#scheduler.after(ms, callback);
  }

  /** Stops taking part, tells all waiting callers, and releases sockets and ledger. Idempotent. */
  close(): Promise<void> {
    return this.#stop(null);
  }

  #read(): Reader {
    if (this.#reader === null) {
      const reader = new Reader({
        codec: this.#codec,
        unreadBytesMax: this.#settings.unreadBytesMax,
        resume: () => {
          this.#engine.delivery.resume();
        },
      });
      if (this.#stopped === null) void this.#engine.delivery.bind(reader);
      else reader.stopped([], this.#stopped.cause);
      this.#reader = reader;
    }
    return this.#reader;
  }

  #fail(error: Error): void {
    if (this.#stopped === null) void this.#stop(error);
    else this.#subscribers.tell({ kind: 'failed-later', error });
  }

  /** Holders and listeners that are told of the stop may call it again meanwhile. */
  #stop(cause: Error | null): Promise<void> {
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

  async #release(cause: Error | null): Promise<void> {
    this.#engine.driver.stop(closedError(cause));
    this.#stopTicking();
    const recovered = this.#engine.recovery.close();
    this.#stopDelivery(cause);
    this.#founded.settle(
      cause ?? new TreplicaError('QUEUE_CLOSED', 'The queue was closed before its group was founded.'),
    );
    const counts = { ...this.#transport.statistics, malformed: this.#engine.driver.malformed };
    this.#subscribers.tell({ kind: 'stopped', cause, counts });
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
      this.#subscribers.tell({ kind: 'holder-failed', error });
    }
  }

  #onNotice(notice: Notice): void {
    const mismatch = mismatchIn(notice, this.queueId, this.#replicas);
    if (mismatch !== null) this.#fail(mismatch);
    else if (notice.kind !== 'founded') return;
    else if (notice.part === 'stranger') this.#engine.attendance.cameTooLate();
    else this.#founded.settle(null);
  }

  /** Puts a queue together on `ports`, and waits until its process belongs to a group: see `create` of the public class. */
  static async open(queueId: string, options: QueueOptions, ports: QueuePorts): Promise<PaxosQueue> {
    checkOptions(options);
    options.signal?.throwIfAborted();
    const log = guardedLog(options.log ?? defaultLog(), queueId);
    const subscribers = new Subscribers();
    subscribers.subscribe(logEvents(log, queueId));
    if (options.listener !== undefined) subscribers.subscribe(options.listener);
    for (;;) {
      try {
        return await PaxosQueue.#openOnce(queueId, options, ports, subscribers);
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
    subscribers: Subscribers,
  ): Promise<PaxosQueue> {
    const settings = settingsOf(options.limits ?? {});
    const opened = await openLedger(
      queueId,
      options,
      ports,
      { settings, randomBytes: (count) => ports.scheduler.randomBytes(count) },
      (event) => {
        subscribers.tell(event);
      },
    );
    const { ledger, claimed } = opened;
    let transport: Transport | null = null;
    try {
      const { base, loss } = await baseOf(opened, queueId);
      // Messages that arrive before the queue exists are lost, as datagrams may be.
      let receive: Receiver = () => undefined;
      transport = await ports.openTransport(
        claimed.identity.process,
        claimed.start,
        (from, group, message, start) => {
          receive(from, group, message, start);
        },
        networkLog(subscribers),
      );
      options.signal?.throwIfAborted();
      const parts = { queueId, options, ports, settings, ledger, transport, claimed, base, loss, subscribers };
      const queue = new PaxosQueue(parts);
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
      await this.#released.promise;
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}

/** What the transport says, as events. */
function networkLog(subscribers: Subscribers): TransportLog {
  const told = (level: NetworkEvent['level']) => (facts: object, text: string) => {
    subscribers.tell({ kind: 'network', level, facts, text });
  };
  return { debug: told('debug'), info: told('info'), warn: told('warn') };
}

function closedError(cause: Error | null): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed.', cause === null ? {} : { cause });
}
