/** The queue to which a machine of a world is bound, and the state holder that its queue is given in its place. */
import type { StateMachine } from '../machine/state-machine.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Position, ProcessId } from '../model/ids.js';
import type { QueueListener } from '../queue/events.js';
import type { ParticipantFacts } from '../queue/facts.js';
import type { Queue } from '../queue/queue.js';
import type { QueueMessage } from '../queue/reader.js';
import type { DeliveredBatch, HolderContext, StateHolder } from '../queue/state-holder.js';
import type { QueueStatus } from '../queue/status.js';
import type { Owner } from './owner.js';
import type { SavedHolder } from './stage.js';
import { WatchedKeeper } from './watched-keeper.js';

export class WatchedQueue<S extends StateMachine> implements Queue {
  constructor(
    readonly inner: Queue,
    readonly owner: Owner<S>,
  ) {}

  get queueId(): string {
    return this.inner.queueId;
  }

  get processId(): ProcessId {
    return this.inner.processId;
  }

  get facts(): ParticipantFacts {
    return this.inner.facts;
  }

  subscribe(listener: QueueListener): () => void {
    return this.inner.subscribe(listener);
  }

  status(): QueueStatus {
    return this.inner.status();
  }

  get closed(): Promise<void> {
    return this.owner.life.awaiting(this.inner.closed);
  }

  put(value: unknown): Promise<Position> {
    return this.owner.life.awaiting(this.inner.put(value));
  }

  get(): Promise<QueueMessage> {
    return this.owner.life.awaiting(this.inner.get());
  }

  [Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined> {
    return this.inner[Symbol.asyncIterator]();
  }

  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    const { watch, process, life } = this.owner;
    const room = this.inner.submit(message, ticket);
    if (room === undefined) watch.submitted(process, message);
    return room === undefined ? room : life.awaiting(room);
  }

  /** `holder` is the replica of the machine. */
  bind(holder: StateHolder): Promise<void> {
    const replica = holder as SavedHolder<S>;
    this.owner.life.replica = replica;
    return this.owner.life.awaiting(this.inner.bind(new WatchedHolder(replica, this.owner)));
  }

  sync(signal?: AbortSignal): Promise<void> {
    return this.owner.life.awaiting(this.inner.sync(signal));
  }

  checkpoint(): Promise<Checkpoint> {
    return this.owner.life.awaiting(this.inner.checkpoint());
  }

  after(ms: number, callback: () => void): () => void {
    return this.inner.after(ms, callback);
  }

  close(): Promise<void> {
    return this.owner.life.awaiting(this.inner.close());
  }
}

class WatchedHolder<S extends StateMachine> implements StateHolder {
  readonly keeper: WatchedKeeper<S>;

  constructor(
    readonly inner: SavedHolder<S>,
    readonly owner: Owner<S>,
  ) {
    this.keeper = new WatchedKeeper(inner, owner);
  }

  get decidedTimeMs(): number | undefined {
    return this.inner.decidedTimeMs;
  }

  bound(context: HolderContext): void {
    this.inner.bound?.(context);
  }

  accepts(ticket: unknown): boolean {
    return this.inner.accepts?.(ticket) ?? true;
  }

  deliver(batch: DeliveredBatch): void {
    const { stage, watch, process, life } = this.owner;
    if (!life.call()) return;
    const { position, messages, tickets } = batch;
    stage.log.note(process.name, 'executes', position, () => `${messages.length} from ${position}`);
    const before = life.position;
    watch.delivers(process, before, batch);
    life.position = position + messages.length;
    stage.executing(process.clock, () => this.inner.deliver(batch));
    watch.executed(process, before, life.position, this.inner);
    if (tickets !== null) stage.stir();
  }

  stopped(tickets: readonly unknown[], cause: Error | null): void {
    if (!this.owner.life.isAlive) return;
    this.inner.stopped(tickets, cause);
    this.owner.stage.stir();
  }
}
