/**
 * The ports that the product runs on in a world: those of memory, each in a case that tells the log and the watch of what
 * passes, lets the process crash at any call, and is inert once it has.
 */
import { crc32 } from 'node:zlib';

import type { Ledger } from '../ledger/ledger.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { Start } from '../model/start.js';
import { describeMessage, describeRecord } from '../paxos/wire/describe.js';
import { decodeMessage } from '../paxos/wire/wire.js';
import type {
  Arrival,
  Destination,
  Receiver,
  RoundTripTicks,
  Transport,
  TransportStatistics,
} from '../transport/transport.js';
import { EVERYONE } from '../transport/transport.js';
import type { Owner } from './owner.js';
import { WatchedCheckpoints } from './watched-checkpoints.js';

export class WatchedLedger<S extends StateMachine> implements Ledger {
  readonly checkpoints: WatchedCheckpoints<S>;

  constructor(
    readonly inner: Ledger,
    readonly owner: Owner<S>,
  ) {
    this.checkpoints = new WatchedCheckpoints(inner.checkpoints, owner);
  }

  get start(): Instance {
    return this.inner.start;
  }

  get logBytes(): number {
    return this.inner.logBytes;
  }

  get failure(): Error | null {
    return this.inner.failure;
  }

  load(): LedgerSnapshot {
    const { watch, process } = this.owner;
    const snapshot = this.inner.load();
    watch.loads(process, snapshot);
    return snapshot;
  }

  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void {
    const { stage, watch, process, life } = this.owner;
    const isOfRecovery = records.some(({ kind }) => OF_RECOVERY.has(kind));
    if (isOfRecovery) process.approach('checkpoint');
    if (!life.call()) return;
    stage.log.note(process.name, 'writes', records.length, () =>
      records.map((record) => describeRecord(record, stage.nameOf)).join('; '),
    );
    life.underWay = records;
    this.inner.commit(records, (error) => {
      life.underWay = null;
      if (error === null) watch.durable(process, records);
      if (error === null && isOfRecovery) watch.holds(process);
      stage.log.note(process.name, error === null ? 'has written' : 'has not written', records.length, () => '');
      done(error);
      if (isOfRecovery) stage.stir();
    });
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    return this.inner.read(from, to, maxBytes);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** Somebody awaits that these are written. */
const OF_RECOVERY: ReadonlySet<LedgerRecord['kind']> = new Set(['checkpoint', 'truncation', 'repair']);

export class WatchedTransport<S extends StateMachine> implements Transport {
  constructor(
    readonly inner: Transport,
    readonly owner: Owner<S>,
    readonly start: Start,
  ) {}

  send(to: Destination, message: Uint8Array): void {
    const { stage, watch, latestMessages, process, life } = this.owner;
    if (!life.call()) return;
    const said = decodeMessage(Buffer.from(message.buffer, message.byteOffset, message.length));
    if (said === null) {
      stage.log.violate('wire', `${process.name} sends what cannot be read`);
      return;
    }
    stage.log.note(process.name, 'says', crc32(message), () => {
      const receiver = to === EVERYONE ? 'all' : stage.nameOf(to);
      return `to ${receiver}: ${describeMessage(said, stage.nameOf)}`;
    });
    watch.says(process, said);
    latestMessages.note(said.kind, { from: process.id, start: this.start, bytes: message });
    this.inner.send(to, message);
  }

  flush(): void {
    if (this.owner.life.call()) this.inner.flush();
  }

  hurry(): void {
    if (this.owner.life.isAlive) this.inner.hurry();
  }

  tick(): void {
    if (this.owner.life.isAlive) this.inner.tick();
  }

  bytesOnTheirWay(to: ProcessId): number {
    return this.inner.bytesOnTheirWay(to);
  }

  ticksSinceHeard(process: ProcessId): number {
    return this.inner.ticksSinceHeard(process);
  }

  addressOf(process: ProcessId, start?: Start): string | null {
    return this.inner.addressOf(process, start);
  }

  takeArrivals(): readonly Arrival[] {
    return this.inner.takeArrivals();
  }

  takeRoundTrips(): readonly RoundTripTicks[] {
    return this.inner.takeRoundTrips();
  }

  keep(processes: readonly ProcessId[]): void {
    this.inner.keep(processes);
  }

  join(group: GroupId): void {
    this.owner.latestMessages.group = group;
    this.inner.join(group);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  get maxBurstBytes(): number {
    return this.inner.maxBurstBytes;
  }

  get maxMessageBytes(): number {
    return this.inner.maxMessageBytes;
  }

  get receiveBufferBytes(): number {
    return this.inner.receiveBufferBytes;
  }

  get place(): string {
    return this.inner.place;
  }

  get statistics(): Readonly<TransportStatistics> {
    return this.inner.statistics;
  }
}

/** The receiver that a transport of the world is given in place of the product's. */
export function watchedReceiver<S extends StateMachine>(owner: Owner<S>, receiver: Receiver): Receiver {
  const { stage, watch, process, life } = owner;
  return (from: ProcessId, group: GroupId, message: Buffer, start: Start) => {
    if (process.deafTo.size > 0 && process.deafTo.has(decodeMessage(message)?.kind ?? 'hello')) return;
    life.enter(() => {
      watch.hears(process, from);
      stage.log.note(process.name, 'hears', message.length, () => {
        const said = decodeMessage(message);
        return `${stage.nameOf(from)}: ${said === null ? 'noise' : describeMessage(said, stage.nameOf)}`;
      });
      receiver(from, group, message, start);
    }, message.length);
  };
}
