import { ReplicatedStateMachine } from '../../lib/index.js';
import type { Position, ProcessId } from '../../lib/model/ids.js';
import type { ParticipantFacts } from '../../lib/queue/facts.js';
import type { Queue } from '../../lib/queue/queue.js';
import type { StateHolder } from '../../lib/queue/state-holder.js';
import { Counters } from '../workload.js';
import { operationOf } from './bytes.js';
import type { Part } from './part.js';

/** A queue that orders at once what is put into it, and delivers all that was put in one turn as one batch. */
class InstantQueue implements Queue {
  readonly queueId = 'instant';
  readonly processId = '0000000000000001' as ProcessId;
  readonly closed = new Promise<void>(() => undefined);
  readonly facts: ParticipantFacts = {
    publish: () => {
      throw new Error('nobody is told anything here');
    },
    of: () => undefined,
    [Symbol.iterator]: () => [].values(),
  };
  #holder: StateHolder | null = null;
  #position = 0;
  #messages: Buffer[] = [];
  #tickets: unknown[] = [];

  submit(message: Uint8Array, ticket: unknown): undefined {
    if (this.#messages.length === 0) queueMicrotask(() => this.#deliver());
    this.#messages.push(Buffer.from(message.buffer, message.byteOffset, message.length));
    this.#tickets.push(ticket);
  }

  bind(holder: StateHolder): Promise<void> {
    this.#holder = holder;
    return Promise.resolve();
  }

  put(): Promise<never> {
    return Promise.reject(new Error('only a machine puts here'));
  }

  get(): Promise<never> {
    return Promise.reject(new Error('only a machine is given anything here'));
  }

  // eslint-disable-next-line require-yield
  async *[Symbol.asyncIterator](): AsyncGenerator<never, void, undefined> {
    await this.get();
  }

  subscribe(): () => void {
    return () => undefined;
  }

  status(): never {
    throw new Error('nobody asks here');
  }

  checkpoint(): Promise<never> {
    return Promise.reject(new Error('nothing is kept here'));
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  after(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #deliver(): void {
    const [messages, tickets] = [this.#messages, this.#tickets];
    const about = { position: this.#position as Position, origin: this.processId };
    this.#messages = [];
    this.#tickets = [];
    this.#position += messages.length;
    this.#holder?.deliver({ ...about, proposedAtMs: Date.now(), messages, tickets });
  }
}

/** `execute`, from the operation to its result, without a group: its encoding and decoding are part of it. */
export async function machinePart(bytes: number): Promise<Part> {
  const operations = 200;
  const machine = await ReplicatedStateMachine.create(new Counters(), new InstantQueue());
  const operation = operationOf(bytes);
  return {
    name: 'machine execute',
    bytes,
    operations,
    isAsync: true,
    durable: null,
    batch: () => Promise.all(Array.from({ length: operations }, () => machine.execute(operation))),
    close: () => machine.close(),
  };
}
