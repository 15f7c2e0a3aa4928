/**
 * The ports that the product runs on in a world: those of memory, each in a case that tells the log and the watch of what
 * passes, lets the process crash at any call, and is deaf and dumb once it has.
 */
import { crc32 } from 'node:zlib';

import type { Ledger } from '../ledger/ledger.js';
import type { MachineQueue } from '../machine/machine-queue.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { AsynchronousPersistentQueue } from '../queue/queue.js';
import type { DeliveredBatch, StateHolder } from '../queue/state-holder.js';
import { decodeMessage } from '../queue/wire.js';
import type { Destination, Receiver, Transport, TransportStatistics } from '../transport/transport.js';
import { EVERYONE } from '../transport/transport.js';
import { describeMessage, describeRecord } from './describe.js';
import type { Life } from './life.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

/** Whose port it is. */
interface Owner<S extends StateMachine> {
  readonly world: World<S>;
  readonly process: SimulatedProcess<S>;
  readonly life: Life<S>;
}

export class WatchedLedger<S extends StateMachine> implements Ledger {
  constructor(
    readonly inner: Ledger,
    readonly owner: Owner<S>,
  ) {}

  load(): LedgerSnapshot {
    return this.inner.load();
  }

  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void {
    const { world, process, life } = this.owner;
    if (!life.call()) return;
    world.log.note(process.name, 'writes', records.length, () =>
      records.map((record) => describeRecord(record, world.nameOf)).join('; '),
    );
    life.underWay = records;
    this.inner.commit(records, (error) => {
      life.underWay = null;
      if (error === null) world.watch.durable(process, records);
      world.log.note(process.name, error === null ? 'has written' : 'has not written', records.length, () => '');
      done(error);
    });
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    return this.inner.read(from, to, maxBytes);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

export class WatchedTransport<S extends StateMachine> implements Transport {
  constructor(
    readonly inner: Transport,
    readonly owner: Owner<S>,
  ) {}

  send(to: Destination, message: Uint8Array): void {
    const { world, process, life } = this.owner;
    if (!life.call()) return;
    const said = decodeMessage(Buffer.from(message.buffer, message.byteOffset, message.length));
    if (said === null) {
      world.log.violate('wire', `${process.name} sends what cannot be read`);
      return;
    }
    world.log.note(process.name, 'says', crc32(message), () => {
      const receiver = to === EVERYONE ? 'all' : world.nameOf(to);
      return `to ${receiver}: ${describeMessage(said, world.nameOf)}`;
    });
    world.watch.says(process, said);
    this.inner.send(to, message);
  }

  flush(): void {
    if (this.owner.life.call()) this.inner.flush();
  }

  join(group: GroupId): void {
    this.inner.join(group);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  get maxDatagramBytes(): number {
    return this.inner.maxDatagramBytes;
  }

  get receiveBufferBytes(): number {
    return this.inner.receiveBufferBytes;
  }

  get statistics(): Readonly<TransportStatistics> {
    return this.inner.statistics;
  }
}

/** The receiver that a transport of the world is given in place of the product's. */
export function watchedReceiver<S extends StateMachine>(owner: Owner<S>, receiver: Receiver): Receiver {
  const { world, process, life } = owner;
  return (from: ProcessId, group: GroupId, message: Buffer) => {
    life.enter(() => {
      world.log.note(process.name, 'hears', message.length, () => {
        const said = decodeMessage(message);
        return `${world.nameOf(from)}: ${said === null ? 'noise' : describeMessage(said, world.nameOf)}`;
      });
      receiver(from, group, message);
    }, message.length);
  };
}

/** What a machine of a world is bound to. */
export class WatchedQueue<S extends StateMachine> implements MachineQueue {
  constructor(
    readonly inner: AsynchronousPersistentQueue,
    readonly owner: Owner<S>,
    /** Of the machine that is to be bound. */
    readonly state: S,
  ) {}

  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    const { world, life } = this.owner;
    const room = this.inner.submit(message, ticket);
    if (room === undefined) world.watch.submitted(message);
    return room === undefined ? room : life.awaiting(room);
  }

  bind(holder: StateHolder): Promise<void> {
    return this.owner.life.awaiting(this.inner.bind(new WatchedHolder(holder, this.owner, this.state)));
  }

  sync(): Promise<void> {
    return this.owner.life.awaiting(this.inner.sync());
  }

  after(ms: number, callback: () => void): () => void {
    return this.inner.after(ms, callback);
  }

  close(): Promise<void> {
    return this.owner.life.awaiting(this.inner.close());
  }
}

class WatchedHolder<S extends StateMachine> implements StateHolder {
  constructor(
    readonly inner: StateHolder,
    readonly owner: Owner<S>,
    readonly state: S,
  ) {}

  deliver(batch: DeliveredBatch): void {
    const { world, process, life } = this.owner;
    if (!life.call()) return;
    const { position, messages, tickets } = batch;
    world.log.note(process.name, 'executes', position, () => `${messages.length} from ${position}`);
    const before = life.position;
    world.watch.delivers(process, before, batch);
    life.position = position + messages.length;
    world.executing(process.clock, () => this.inner.deliver(batch));
    world.watch.executed(process, before, life.position, this.state);
    if (tickets !== null) world.stir();
  }

  stopped(tickets: readonly unknown[], cause: Error | null): void {
    if (!this.owner.life.isAlive) return;
    this.inner.stopped(tickets, cause);
    this.owner.world.stir();
  }
}
