import type { Checkpoint } from '../../lib/model/checkpoint.js';
import { TreplicaError, UnknownOutcomeError } from '../../lib/model/errors.js';
import type { Facts } from '../../lib/model/facts.js';
import type { GroupId, Instance, Position, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { realScheduler } from '../../lib/paxos/scheduler.js';
import type { QueueListener } from '../../lib/queue/events.js';
import { checkedFacts, type ParticipantFacts } from '../../lib/queue/facts.js';
import { checkHolder, handOver } from '../../lib/queue/holder-checks.js';
import { checkAccepted, checkMessage, checkTicket } from '../../lib/queue/message-checks.js';
import { messageOf } from '../../lib/queue/message-values.js';
import type { Queue } from '../../lib/queue/queue.js';
import { type QueueMessage, Reader } from '../../lib/queue/reader.js';
import type { Consumer, StateHolder } from '../../lib/queue/state-holder.js';
import type { QueueStatus } from '../../lib/queue/status.js';
import { Subscribers } from '../../lib/queue/subscribers.js';
import * as codec from '../../lib/serialization/codec.js';
import { MemoryEntries, type MemoryEntry } from './memory-entries.js';

/** A state, and how many messages it has seen. */
interface Saved {
  readonly position: number;
  readonly pieces: readonly Uint8Array[];
}

type Entry = MemoryEntry<MemoryQueue>;

/** An ordered list of messages in memory, and the queues of a group that all deliver it. It outlives every queue. */
export class MemoryLog extends MemoryEntries<MemoryQueue> {
  /** The clock of whoever puts a message. */
  nowMs = 1_000;
  readonly checkpoints = new Map<ProcessId, Saved>();
  /** What the latest start of each process has published. */
  readonly facts = new Map<ProcessId, Facts>();
  /** The processes of the group, which is founded when the first queue of each is opened. */
  members: readonly ProcessId[] = ['0000000000000000' as ProcessId];
  readonly #starts = new Map<ProcessId, number>();

  queue(processId = '0000000000000000' as ProcessId, listener: QueueListener = () => {}): MemoryQueue {
    this.facts.delete(processId);
    const incarnation = (this.#starts.get(processId) ?? 0) + 1;
    this.#starts.set(processId, incarnation);
    const queue = new MemoryQueue(this, processId);
    listener({ kind: 'opened', process: processId, incarnation, place: 'memory' });
    if (incarnation === 1)
      listener({ kind: 'founded', group: 'memory' as GroupId, members: this.members, part: 'member' });
    queue.subscribe(listener);
    return queue;
  }
}

/** The ticket of a message that `put` has put. */
class Put {
  constructor(
    readonly resolve: (position: Position) => void,
    readonly reject: (error: Error) => void,
  ) {}
}

export class MemoryQueue implements Queue {
  readonly queueId = 'memory';
  readonly facts: ParticipantFacts = {
    publish: (facts) => {
      if (this.#isClosed) throw this.#closedError();
      this.log.facts.set(this.processId, checkedFacts(facts));
    },
    of: (process) => this.log.facts.get(process),
    [Symbol.iterator]: () => this.log.facts[Symbol.iterator](),
  };
  readonly closed: Promise<void>;
  #settle: (cause: Error | null) => void = () => {};
  #holder: Consumer | null = null;
  #reader: Reader | null = null;
  #next = 0;
  #isClosed = false;
  #cause: Error | null = null;
  /** Where it stood when it stopped. */
  #end: QueueStatus | null = null;
  #checkpoint: Checkpoint | null = null;
  readonly #subscribers = new Subscribers();

  constructor(
    readonly log: MemoryLog,
    readonly processId: ProcessId,
  ) {
    this.closed = new Promise((resolve, reject) => {
      this.#settle = (cause) => (cause === null ? resolve() : reject(cause));
    });
    this.closed.catch(() => undefined);
  }

  subscribe(listener: QueueListener): () => void {
    return this.#subscribers.subscribe(listener);
  }

  /** Each message is an instance of its own. */
  status(): QueueStatus {
    if (this.#end !== null) return this.#end;
    const { delivered, entries, isHeld } = this.log;
    const onTheirWay = entries.slice(delivered).filter(({ queue }) => queue === this);
    const position = this.#holder === null ? delivered : this.#next;
    return {
      role: 'member',
      hasQuorum: !isHeld,
      position: position as Position,
      lagInstances: delivered - position,
      pending: {
        messages: onTheirWay.length,
        bytes: onTheirWay.reduce((bytes, { message }) => bytes + message.length, 0),
      },
      checkpoint: this.#checkpoint,
      stopped: null,
    };
  }

  async put(value: unknown): Promise<Position> {
    const message = messageOf(value, codec);
    checkMessage(message);
    let ticket: Put | undefined;
    const position = new Promise<Position>((resolve, reject) => (ticket = new Put(resolve, reject)));
    for (let room = this.#take(message, ticket); room !== undefined; room = this.#take(message, ticket)) await room;
    return position;
  }

  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    checkMessage(message);
    if (!this.#isClosed) checkTicket(this.#reader === null ? this.#holder : null, ticket, this.queueId);
    return this.#take(message, ticket);
  }

  #take(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    if (this.#isClosed) throw this.#closedError();
    checkAccepted(this.#holder, ticket, this.queueId);
    return this.log.append({ message: Buffer.from(message), queue: this, ticket, proposedAtMs: this.log.nowMs });
  }

  async get(): Promise<QueueMessage> {
    return this.#read().get();
  }

  [Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined> {
    return this.#read()[Symbol.asyncIterator]();
  }

  async bind(holder: StateHolder): Promise<void> {
    checkHolder(holder);
    this.#attach(holder);
    if (this.#cause !== null) throw this.#cause;
  }

  async sync(signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    signal?.throwIfAborted();
    this.log.deliver();
  }

  /** Nothing that is put anywhere gets a place any more, and `sync` waits here for ever. */
  loseMajority(): void {
    this.log.isHeld = true;
    this.sync = () => new Promise(() => {});
  }

  async checkpoint(): Promise<Checkpoint> {
    const keeper = this.#holder?.keeper;
    if (this.#isClosed || keeper === undefined) throw this.#closedError();
    const pieces = [...keeper.save()];
    this.log.checkpoints.set(this.processId, { position: this.#next, pieces });
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    const place = { next: this.#next as Instance, position: this.#next as Position };
    this.#checkpoint = { ...place, chunks: pieces.length, bytes, digest: '' };
    this.#subscribers.tell({ kind: 'checkpoint-made', checkpoint: this.#checkpoint });
    return this.#checkpoint;
  }

  after(ms: number, callback: () => void): () => void {
    return realScheduler.after(ms, callback);
  }

  async close(): Promise<void> {
    this.fail(null);
  }

  /** An entry of this queue has its place: `put` is told, whether anybody reads here or not. */
  ordered({ ticket }: Entry, position: Position): void {
    if (ticket instanceof Put) ticket.resolve(position);
  }

  /** Delivers what one queue put at one moment as one batch, as far as it has been ordered. */
  catchUp(): void {
    while (this.#next < this.log.delivered && !this.#isClosed && this.#holder?.isReady !== false) {
      const batch = this.#nextBatch();
      const [first] = batch as [Entry];
      const tickets = batch.map(({ ticket }) => (ticket instanceof Put ? undefined : ticket));
      const { proposedAtMs, queue } = first;
      try {
        if (this.#holder !== null)
          handOver(this.#holder, {
            ...{ position: this.#next as Position, origin: queue.processId, proposedAtMs },
            messages: batch.map(({ message }) => message),
            tickets: queue === this ? tickets : null,
          });
        this.#next += batch.length;
      } catch (error) {
        this.fail(error as Error);
      }
    }
  }

  /** Everything that is in the log lies behind a state that the holder goes on from: this queue delivers none of it. */
  skip(): void {
    const open = this.log.entries.slice(this.#next).filter(({ queue }) => queue === this);
    this.#next = this.log.entries.length;
    this.#holder?.keeper?.skipped(open.map(({ ticket }) => ticket));
  }

  /** The queue stops. What was put here and not delivered here has an unknown outcome. */
  fail(cause: Error | null): void {
    if (this.#isClosed) return;
    const nothing = { messages: 0, bytes: 0 };
    this.#end = { ...this.status(), hasQuorum: false, pending: nothing, stopped: { cause } };
    this.#isClosed = true;
    this.#cause = cause;
    this.log.detach(this, this.#closedError());
    const open = this.log.entries.slice(this.#next).filter(({ queue }) => queue === this);
    const tickets = open.map(({ ticket }) => ticket);
    const why = new UnknownOutcomeError('The queue has stopped.', cause === null ? {} : { cause });
    for (const ticket of tickets) if (ticket instanceof Put) ticket.reject(why);
    this.#holder?.stopped(
      tickets.filter((ticket) => !(ticket instanceof Put)),
      cause,
    );
    this.#subscribers.tell({ kind: 'stopped', cause, counts: {} });
    this.#settle(cause);
  }

  #nextBatch(): Entry[] {
    const rest = this.log.entries.slice(this.#next, this.log.delivered);
    const first = rest[0]!;
    const size = rest.findIndex(
      ({ queue, proposedAtMs }) => queue !== first.queue || !Object.is(proposedAtMs, first.proposedAtMs),
    );
    return size < 0 ? rest : rest.slice(0, size);
  }

  #read(): Reader {
    if (this.#reader !== null) return this.#reader;
    const reader = new Reader({ codec, unreadBytesMax: defaults.unreadBytesMax, resume: () => this.catchUp() });
    if (this.#isClosed) reader.stopped([], this.#cause);
    else this.#attach(reader);
    this.#reader = reader;
    return reader;
  }

  #attach(holder: Consumer): void {
    if (this.#isClosed) throw this.#closedError();
    if (this.#holder !== null) throw new TreplicaError('QUEUE_BOUND', 'The queue is bound.');
    holder.bound?.({
      tell: (event) => {
        if (!this.#isClosed) this.#subscribers.tell(event);
      },
    });
    this.#holder = holder;
    this.#restore(holder);
    this.log.attach(this);
  }

  /** A holder that keeps no state is given the whole log. */
  #restore({ keeper }: StateHolder): void {
    const saved = this.log.checkpoints.get(this.processId);
    if (saved === undefined || keeper === undefined) return;
    const sink = keeper.restore(saved.position as Position);
    for (const piece of saved.pieces) sink.push(piece);
    sink.finish();
    this.#next = saved.position;
  }

  #closedError(): TreplicaError {
    const cause = this.#cause;
    return new TreplicaError('QUEUE_CLOSED', 'The queue is closed.', cause === null ? {} : { cause });
  }
}
