import type { MachineQueue } from '../../lib/queue/machine-queue.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { Position, ProcessId } from '../../lib/model/ids.js';
import { realScheduler } from '../../lib/paxos/scheduler.js';
import type { StateHolder } from '../../lib/queue/state-holder.js';

interface Entry {
  readonly message: Buffer;
  readonly queue: MemoryQueue;
  readonly ticket: unknown;
  readonly proposedAtMs: number;
}

/** An ordered list of messages in memory, and the queues of a group that all deliver it. It outlives every queue. */
export class MemoryLog {
  /** The clock of whoever puts a message. */
  nowMs = 1_000;
  /** Messages that may be on their way at one moment. */
  capacity = Infinity;
  /** While it is held, what is put stays on its way. */
  isHeld = false;
  readonly entries: Entry[] = [];
  readonly #queues = new Set<MemoryQueue>();
  #delivered = 0;
  #waiting: (() => void)[] = [];

  queue(): MemoryQueue {
    return new MemoryQueue(this);
  }

  /** Returns a promise where there is no room. */
  append(entry: Entry): Promise<void> | undefined {
    if (this.entries.length - this.#delivered >= this.capacity)
      return new Promise((resolve) => this.#waiting.push(resolve));
    this.entries.push(entry);
    if (!this.isHeld) queueMicrotask(() => this.deliver());
    return undefined;
  }

  deliver(): void {
    this.#delivered = this.entries.length;
    for (const queue of this.#queues) queue.catchUp(this.#delivered);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  attach(queue: MemoryQueue): void {
    this.#queues.add(queue);
    queue.catchUp(this.#delivered);
  }

  detach(queue: MemoryQueue): void {
    this.#queues.delete(queue);
  }
}

export class MemoryQueue implements MachineQueue {
  #holder: StateHolder | null = null;
  #next = 0;
  #isClosed = false;
  #failure: Error | null = null;

  constructor(readonly log: MemoryLog) {}

  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    if (this.#isClosed) throw new TreplicaError('QUEUE_CLOSED', 'The queue is closed.');
    return this.log.append({ message: Buffer.from(message), queue: this, ticket, proposedAtMs: this.log.nowMs });
  }

  async bind(holder: StateHolder): Promise<void> {
    this.#holder = holder;
    this.log.attach(this);
    if (this.#failure !== null) throw this.#failure;
  }

  async sync(): Promise<void> {
    if (this.#isClosed) throw new TreplicaError('QUEUE_CLOSED', 'The queue is closed.');
    this.log.deliver();
  }

  after(ms: number, callback: () => void): () => void {
    return realScheduler.after(ms, callback);
  }

  async close(): Promise<void> {
    this.fail(null);
  }

  /** Delivers what one queue put at one moment as one batch. */
  catchUp(end: number): void {
    while (this.#next < end && !this.#isClosed) {
      const rest = this.log.entries.slice(this.#next, end);
      const first = rest[0]!;
      const size = rest.findIndex(
        ({ queue, proposedAtMs }) => queue !== first.queue || !Object.is(proposedAtMs, first.proposedAtMs),
      );
      const batch = size < 0 ? rest : rest.slice(0, size);
      const position = this.#next as Position;
      try {
        this.#holder?.deliver({
          position,
          origin: '0000000000000000' as ProcessId,
          proposedAtMs: first.proposedAtMs,
          messages: batch.map(({ message }) => message),
          tickets: first.queue === this ? batch.map(({ ticket }) => ticket) : null,
        });
        this.#next += batch.length;
      } catch (error) {
        this.#failure = error as Error;
        this.fail(error as Error);
      }
    }
  }

  /** The queue stops. What was put here and not delivered here has an unknown outcome. */
  fail(cause: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.log.detach(this);
    const open = this.log.entries.slice(this.#next).filter(({ queue }) => queue === this);
    this.#holder?.stopped(
      open.map(({ ticket }) => ticket),
      cause,
    );
  }
}
