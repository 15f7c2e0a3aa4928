/**
 * The asynchronous persistent queue: the same ordered, durable list of messages at every process, whichever crashes and comes
 * back (Vieira and Buzato, section 3). This file is the engine's outside.
 */
import type { Checkpoint } from '../model/checkpoint.js';
import type { Position, ProcessId } from '../model/ids.js';
import type { QueueListener } from '../queue/events.js';
import type { ParticipantFacts } from '../queue/facts.js';
import { checkHolder } from '../queue/holder-checks.js';
import { checkAccepted, checkMessage, checkTicket } from '../queue/message-checks.js';
import { type MessageCodec, messageOf } from '../queue/message-values.js';
import type { Queue } from '../queue/queue.js';
import { type QueueMessage, Reader } from '../queue/reader.js';
import type { StateHolder } from '../queue/state-holder.js';
import type { Engine } from './compose.js';
import { closedError, type EngineLife } from './engine-life.js';
import type { ChangeOptions, MembersChange } from './member-changes.js';
import { openEngine } from './open-engine.js';
import { operatedKeys } from './operated-keys.js';
import type { OperatedKeys, OperatedQueue } from './operated-queue.js';
import type { QueueOptions } from './options.js';
import type { ObserverStatus, PaxosStatus } from './paxos-status.js';
import type { QueuePorts } from './ports.js';
import { PutTicket } from './put-ticket.js';
import type { Scheduler } from './scheduler.js';
import { statusOf } from './status.js';

/** The port, as `Queue` describes it, on whatever ports this engine is given. */
export class PaxosQueue implements Queue, OperatedQueue {
  readonly queueId: string;
  readonly processId: ProcessId;
  readonly #life: EngineLife;
  readonly #engine: Engine;
  readonly #scheduler: Scheduler;
  readonly #codec: MessageCodec;
  #reader: Reader | null = null;
  #holder: StateHolder | null = null;

  /** For `open`. */
  private constructor(life: EngineLife, { scheduler, codec }: Pick<QueuePorts, 'scheduler' | 'codec'>) {
    this.queueId = life.parts.queueId;
    this.processId = life.engine.self;
    this.#life = life;
    this.#engine = life.engine;
    this.#scheduler = scheduler;
    this.#codec = codec;
  }

  get closed(): Promise<void> {
    return this.#life.closed;
  }

  /** As the port says, with what this engine adds. */
  status(): PaxosStatus {
    return statusOf(this.#engine, this.#life.stopped);
  }

  /** The members of the group, ascending: those of the latest view that this process knows. */
  get members(): readonly ProcessId[] {
    return this.#engine.core.views.latest.members;
  }

  /** As `PaxosStatus.observers`. */
  get observers(): readonly ObserverStatus[] {
    return this.#engine.driver.peers.observers.list();
  }

  /** As `AsynchronousPersistentQueue` says. */
  get keys(): OperatedKeys {
    return operatedKeys(this.#engine.keys, this.queueId);
  }

  /** As `AsynchronousPersistentQueue` says. */
  changeMembers(change: MembersChange, options: ChangeOptions = {}): Promise<void> {
    return this.#engine.memberChanges.change(change, options);
  }

  /** As the port says. A listener that is to hear of the opening and the founding is given as the option `listener`. */
  subscribe(listener: QueueListener): () => void {
    return this.#life.parts.subscribers.subscribe(listener);
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
    if (this.#life.stopped === null) checkTicket(this.#holder, ticket, this.queueId);
    return this.#take(message, ticket);
  }

  #take(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    if (this.#life.stopped === null) checkAccepted(this.#holder, ticket, this.queueId);
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
    return this.#engine.driver.peers.facts;
  }

  /** As the port says. Costs a question to a majority, which all waiting callers share. */
  sync(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#life.stopped !== null) {
        reject(closedError(this.#life.stopped.cause));
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
    return this.#life.stop(null);
  }

  #read(): Reader {
    if (this.#reader === null) {
      const reader = new Reader({
        codec: this.#codec,
        unreadBytesMax: this.#life.parts.settings.unreadBytesMax,
        resume: () => {
          this.#engine.delivery.resume();
        },
      });
      if (this.#life.stopped === null) void this.#engine.delivery.bind(reader);
      else reader.stopped([], this.#life.stopped.cause);
      this.#reader = reader;
    }
    return this.#reader;
  }

  /** Opens an engine on `ports`, and waits until its process belongs to a group: see `create` of the public class. */
  static async open(queueId: string, options: QueueOptions, ports: QueuePorts): Promise<PaxosQueue> {
    const life = await openEngine(queueId, options, ports);
    const queue = new PaxosQueue(life, ports);
    const { operators } = ports;
    const cutOff = (error: Error): void => {
      life.parts.subscribers.tell({ kind: 'operators-cut-off', error });
    };
    if (operators !== undefined) await life.operate(() => operators.enter(queue, cutOff));
    return queue;
  }
}
