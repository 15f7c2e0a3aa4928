/**
 * The driver joins the pure core to ledger, transport and delivery. It is the only place where the order is written
 * down: *persist, then send what rests on it, then deliver*. Everything that arrives in one turn of the event loop goes
 * into the core at once and shares one commit; nothing on the good path waits for a timer.
 */
import type { Arriving } from '../consensus/arriving.js';
import type { Consensus } from '../consensus/consensus.js';
import type { Effects, Installation, Notice } from '../consensus/effects.js';
import type { MessageOf, Outgoing } from '../consensus/messages.js';
import type { Ledger } from '../ledger/ledger.js';
import { assert } from '../model/assert.js';
import type { DamagedLogError } from '../model/errors.js';
import { InvariantViolation, TreplicaError } from '../model/errors.js';
import { NO_GROUP, type GroupId, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Facts } from '../model/facts.js';
import type { LedgerRecord } from '../model/records.js';
import type { Start, StartsRecord } from '../model/start.js';
import { EVERYONE, type Transport } from '../transport/transport.js';
import type { Batcher } from './batcher.js';
import type { Base, Delivery } from './delivery.js';
import { FactsExchange } from './facts-exchange.js';
import { PendingWrites } from './pending-writes.js';
import { LogSupplier } from './log-supplier.js';
import type { RepairMessage } from './wire/repair-messages.js';
import { votesLost } from './identity.js';
import { Starts } from './starts.js';

import { isOf, type WireMessage } from './wire/routes.js';
import { decodeMessage, encodeMessage } from './wire/wire.js';

export interface DriverOptions {
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly transport: Transport;
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  readonly queueId: string;
  readonly self: ProcessId;
  /** What the ledger knows of starts, the present one included. */
  readonly starts: StartsRecord;
  readonly defer: (callback: () => void) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onNotice: (notice: Notice) => void;
  /** A message of this process's group, or of one that belongs to none. */
  readonly heard: (from: ProcessId, message: WireMessage) => void;
  /** Something else than before is known of what a process has published of itself; null where that holds no more. */
  readonly onFacts: (process: ProcessId, facts: Facts | null) => void;
  /** Another group uses the same address: told once for each. */
  readonly onForeignGroup: (group: GroupId) => void;
  /** Whether the ledger says that the state here has been refuted, until another process's takes its place. */
  readonly isRefuted: boolean;
  /** Called once with what makes it impossible to go on. */
  readonly fail: (error: Error) => void;
}

/** What deals with what processes tell each other below consensus. */
export interface RepairReceiver {
  /** A message of repair; and decisions, which may replace what is damaged here. */
  receive(from: ProcessId, message: RepairMessage | MessageOf<'decided'>): void;
  /** Somebody asks for what is not in the log any more. */
  offer(to: ProcessId, beyond: Instance): void;
  /** The log cannot be read there for somebody else. */
  damaged(damage: DamagedLogError): void;
  /** Something is damaged here that nobody has been able to tell again. */
  readonly isHelpless: boolean;
  /** Something large is coming from a process: so many more bytes. */
  arriving(arrival: Arriving): void;
  tick(): void;
}

/** A checkpoint to go on from, of which the chunks are durable. */
interface AwaitedInstallation {
  readonly base: Base;
  /** Asked when it is about to be recorded: by then it may be of no use any more. */
  readonly isWanted: () => boolean;
  /** Told once whether this process goes on from there, unless the driver stops before. */
  readonly done: (isInstalled: boolean) => void;
}

/** What deals with processes that lack something, below consensus. */
interface BelowCore {
  readonly repair: RepairReceiver;
  readonly supplier: LogSupplier;
}

/** As many other groups are worth a line in the log. */
const FOREIGN_GROUPS_MAX = 16;

/** Who waits for a read: told once, either way. */
export interface ReadWaiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Driver {
  readonly #options: DriverOptions;
  readonly #starts: Starts;
  /** What the processes of the group publish of themselves. */
  readonly facts: FactsExchange;
  /** Null before the driver begins. */
  #below: BelowCore | null = null;
  #turnAwaited = false;
  #committing = false;
  #stopped = false;
  #malformed = 0;
  #nextTicket = 0;
  /** For how long the ledger has not known how much is decided. */
  #unwrittenTicks = 0;
  readonly #foreignGroups = new Set<GroupId>();
  readonly #reads = new Map<number, ReadWaiter>();
  readonly #pendingWrites = new PendingWrites();
  /** What is still to be done when the commit under way has ended, after which nothing else is. */
  #last: (() => void) | null = null;
  /** Whether the ledger says that the state here has been refuted. */
  #isRefuted: boolean;
  #installation: AwaitedInstallation | null = null;
  #onInstalled: (() => void) | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#isRefuted = options.isRefuted;
    this.#starts = this.#newStarts();
    this.facts = this.#newFacts();
  }

  /**
   * Begins to work; nothing is received or ticked before. `repair` deals, below consensus, with what others say of
   * checkpoints and with what they answer to questions about the log.
   */
  begin(repair: RepairReceiver): void {
    const { core, ledger, transport, delivery } = this.#options;
    const supplier = new LogSupplier({
      ...{ ledger, transport, repair },
      tell: (to, message) => {
        this.tell(to, message);
      },
    });
    this.#below = { repair, supplier };
    if (core.group !== null) transport.join(core.group);
    delivery.readableUntil(core.watermark);
    this.#starts.begin();
  }

  /** The group that this process belongs to; null before it is founded. */
  get group(): GroupId | null {
    return this.#options.core.group;
  }

  /** Messages that were intact as frames and yet none that this version sends. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The transport's receiver. */
  receive(from: ProcessId, group: GroupId, bytes: Buffer, start: Start): void {
    if (this.#stopped) return;
    const message = decodeMessage(bytes);
    if (message === null) {
      this.#malformed += 1;
      return;
    }
    if (!this.#concernsUs(group, message)) return;
    if (isOf('starts', message)) {
      this.#guard(() => {
        this.#starts.receive(from, start, message);
        this.facts.met(from, start);
      });
      return;
    }
    this.#step(() => {
      const { core } = this.#options;
      const { repair } = this.#begun;
      if (!this.#starts.hears(from, start) && !(isOf('founding', message) && from !== this.#options.self)) return;
      this.#options.heard(from, message);
      if (isOf('repair', message)) return repair.receive(from, message);
      if (isOf('facts', message)) return this.facts.receive(from, start, message);
      if (message.kind === 'decided') repair.receive(from, message);
      core.step({ kind: 'message', from, message });
    });
  }

  tick(): void {
    this.#step(() => {
      const { core, ledger, transport, now } = this.#options;
      const { repair, supplier } = this.#begun;
      // A process that has nothing to write has to stop, too, once what it acknowledges would be lost.
      if (ledger.failure !== null) throw ledger.failure;
      for (const arrival of transport.takeArrivals()) {
        core.step({ kind: 'arriving', ...arrival });
        repair.arriving(arrival);
      }
      core.step({ kind: 'tick', nowMs: now() });
      this.#starts.tick();
      this.facts.tick();
      repair.tick();
      supplier.tick();
      transport.tick();
      if (repair.isHelpless !== core.isImpaired) core.step({ kind: 'impaired', isSo: repair.isHelpless });
      this.#noteIdleness();
    });
  }

  /** Sends what rests on nothing that is not durable. */
  tell(to: ProcessId | typeof EVERYONE, message: WireMessage): void {
    if (this.#stopped) return;
    this.#options.transport.send(to, encodeMessage(message));
    this.#options.transport.flush();
  }

  /** Makes records durable in the next commit, along with the watermark, and then calls `done`: see `Errand`. */
  write(records: () => readonly LedgerRecord[], done: (error: Error | null) => void): void {
    if (this.#stopped) {
      done(closedError());
      return;
    }
    this.#pendingWrites.add({ records, done });
    this.wake();
  }

  /** Goes on from a checkpoint as soon as what is under way is done; a later one takes the place of one that waits. */
  install(installation: AwaitedInstallation): void {
    this.#installation?.done(false);
    this.#installation = installation;
    this.wake();
  }

  /**
   * Tells `waiter` once everything that was acknowledged anywhere before this call has been decided here, unless the
   * returned function is called before.
   */
  read(waiter: ReadWaiter): () => void {
    const ticket = this.#nextTicket;
    this.#nextTicket += 1;
    this.#reads.set(ticket, waiter);
    this.#step(() => {
      this.#options.core.step({ kind: 'read', ticket });
    });
    return () => void this.#reads.delete(ticket);
  }

  /** Does nothing any more but make `record` durable, and fails with `cause` when it is. */
  stopWith(record: LedgerRecord, cause: TreplicaError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { ledger, fail } = this.#options;
    this.#last = () => {
      ledger.commit([record], (error) =>
        fail(error === null ? cause : cause instanceof InvariantViolation ? unwritten(cause, error) : error),
      );
    };
    if (!this.#committing) this.#last();
  }

  /** There is something to propose. */
  wake(): void {
    if (this.#turnAwaited || this.#committing || this.#stopped) return;
    this.#turnAwaited = true;
    this.#options.defer(() => {
      this.#turnAwaited = false;
      this.#guard(() => {
        this.#turn();
      });
    });
  }

  /** Does nothing any more; reads that wait are told `why`. */
  stop(why: Error): void {
    if (!this.#stopped) this.#writeWatermark();
    this.#stopped = true;
    this.facts.close();
    for (const waiter of this.#reads.values()) waiter.reject(why);
    this.#reads.clear();
    this.#pendingWrites.refuse(why);
  }

  /**
   * The watermark is written along with later votes. Where none come, it is written by itself after a while: what was
   * acknowledged is then in the decided part of the log, from which backups are made.
   */
  #noteIdleness(): void {
    this.#unwrittenTicks = this.#options.core.isAheadOfLedger ? this.#unwrittenTicks + 1 : 0;
    if (this.#unwrittenTicks !== limits.idleTicks || !this.#pendingWrites.isEmpty) return;
    this.write(
      () => [],
      () => undefined,
    );
  }

  /** The same at the end, where everything that it rests on has been written. It may fail: it can be learnt again. */
  #writeWatermark(): void {
    const { core, ledger } = this.#options;
    if (this.#committing || core.hasEffects || !core.isAheadOfLedger) return;
    ledger.commit([{ kind: 'watermark', watermark: core.watermark }], () => undefined);
  }

  #step(action: () => void): void {
    if (this.#stopped) return;
    this.#guard(action);
    if (this.#options.core.hasEffects || this.#options.batcher.pendingMessages > 0) this.wake();
  }

  /** Takes effects from the core until there are none; a commit that takes its time is waited for elsewhere. */
  #turn(): void {
    const { core, onNotice } = this.#options;
    while (!this.#stopped && !this.#committing) {
      this.#renewForgotten();
      if (this.#installation === null) this.#propose();
      else if (!core.hasEffects) this.#beginInstallation(this.#installation);
      if (!core.hasEffects && this.#pendingWrites.isEmpty) return;
      const effects = core.effects(!this.#pendingWrites.isEmpty);
      const readable = core.watermark;
      if (effects.notices.some(({ kind }) => kind === 'votes-lost')) this.#starts.lose();
      for (const { batch } of effects.decided) this.#starts.decided(batch.id);
      if (this.#isOver) return;
      this.#join(effects.notices);
      this.#send(effects.messages);
      for (const notice of effects.notices) onNotice(notice);
      // What errands write may not be right any more where the process goes on from.
      const takesErrands = effects.installed === null && !this.#pendingWrites.isEmpty;
      const others = takesErrands ? this.#pendingWrites.take() : effects.installed !== null ? this.#pardon() : [];
      const records = others.length === 0 ? effects.records : [...effects.records, ...others];
      const finish = (): void => {
        this.#finish(effects, readable);
        this.#pendingWrites.done();
      };
      if (records.length === 0) finish();
      else this.#commit(records, finish);
    }
  }

  /** Beyond the watermark the core has to know of it; otherwise it only takes the place of what is damaged here. */
  #beginInstallation({ base, isWanted, done }: AwaitedInstallation): void {
    const { core, delivery } = this.#options;
    const { checkpoint, cursor } = base;
    this.#installation = null;
    const installed = (): void => {
      delivery.install(base);
      done(true);
    };
    if (!isWanted()) done(false);
    else if (checkpoint.next <= core.watermark) this.#replaceCheckpoint({ base, isWanted, done }, installed);
    else {
      const installation: Installation = { checkpoint, delivered: cursor.delivered };
      core.step({ kind: 'install', installation });
      // What is decided from there on comes with the same effects: delivery has to know where it goes on by then.
      this.#onInstalled = installed;
    }
  }

  /** The ledger takes a checkpoint for one to go on from where its own watermark is lower, which is therefore written first. */
  #replaceCheckpoint({ base, isWanted, done }: AwaitedInstallation, installed: () => void): void {
    let isRecorded = false;
    const records = (): LedgerRecord[] => {
      isRecorded = isWanted();
      return isRecorded ? [{ kind: 'checkpoint', checkpoint: base.checkpoint }, ...this.#pardon()] : [];
    };
    this.write(
      () => [],
      (stopped) => {
        if (stopped !== null) return;
        this.write(records, (error) => {
          if (error !== null) return;
          if (isRecorded) installed();
          else done(false);
        });
      },
    );
  }

  /** To be written with a checkpoint of another process, which takes the place of a state that has been refuted. */
  #pardon(): LedgerRecord[] {
    if (!this.#isRefuted) return [];
    this.#isRefuted = false;
    return [{ kind: 'verdict', verdict: null }];
  }

  #commit(records: readonly LedgerRecord[], finish: () => void): void {
    this.#committing = true;
    let returned = false;
    this.#options.ledger.commit(records, (error) => {
      this.#committing = false;
      if (this.#stopped) {
        this.#last?.();
        return;
      }
      this.#guard(() => {
        if (error !== null) throw error;
        finish();
      });
      if (returned) this.wake(); // Otherwise the turn that commits goes on by itself.
    });
    returned = true;
  }

  /** The records are durable: only now may votes be heard and decisions be acted on. */
  #finish(effects: Effects, readable: Instance): void {
    const { core, delivery } = this.#options;
    if (this.#endsWith(effects.notices)) return;
    this.#send(effects.votes);
    core.step({ kind: 'durable' });
    if (effects.installed !== null) {
      this.#onInstalled?.();
      this.#onInstalled = null;
    }
    delivery.decided(effects.decided);
    delivery.readableUntil(readable);
    this.#tellDelivered(readable);
    for (const ticket of effects.readable) {
      this.#reads.get(ticket)?.resolve();
      this.#reads.delete(ticket);
    }
    this.#begun.supplier.supply(effects.supplies, readable);
  }

  /** Whether the group is gone for this process, which is written down by now: it stops, and begins anew when it is started. */
  #endsWith(notices: readonly Notice[]): boolean {
    const end = notices.find((notice) => notice.kind === 'dissolved');
    if (end === undefined) return false;
    this.#stopped = true;
    this.#options.fail(dissolved(end.group, end.isDead, this.#options.queueId));
    return true;
  }

  /** Whatever has been put becomes batches, as far as the limits of flight allow. */
  #propose(): void {
    const { core, batcher } = this.#options;
    while (core.hasRoom) {
      const batch = batcher.nextBatch();
      if (batch === null) return;
      core.step({ kind: 'proposal', batch });
    }
  }

  /**
   * What this process numbers its batches in was forgotten, as so many others have proposed since: another series takes its
   * place. What is in flight here has not been delivered and never will be under its old ids.
   */
  #renewForgotten(): void {
    const { core, batcher, delivery } = this.#options;
    if (!delivery.front.isForgotten(batcher.series)) return;
    core.step({ kind: 'renewal', batches: batcher.renew(core.watermark) });
  }

  /** The core knows what was delivered as soon as delivery has gone through the log that was there at the start. */
  #tellDelivered(readable: Instance): void {
    const { core, delivery } = this.#options;
    if (core.knowsDelivered || delivery.front.next !== readable) return;
    const { next, delivered } = delivery.front.state;
    core.step({ kind: 'delivered', next, delivered });
  }

  #send(outgoing: readonly Outgoing[]): void {
    if (outgoing.length === 0) return;
    const { transport } = this.#options;
    for (const { to, message } of outgoing) transport.send(to, encodeMessage(message));
    transport.flush();
  }

  #join(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (notice.kind !== 'founded' || notice.part === 'stranger') continue;
      this.#options.transport.join(notice.group);
      this.#starts.begin();
    }
  }

  /**
   * Whether a frame of `group` may say `message` to us. What is said to found groups concerns everyone, and a process that
   * belongs to no group hears nothing else. The core's word on its group counts: it may have been founded in this very turn.
   */
  #concernsUs(group: GroupId, message: WireMessage): boolean {
    const own = this.group;
    if (own !== null && group === own) return true;
    if (own !== null && group !== NO_GROUP) this.#noteForeign(group);
    return isOf('founding', message);
  }

  #noteForeign(group: GroupId): void {
    if (this.#foreignGroups.has(group) || this.#foreignGroups.size >= FOREIGN_GROUPS_MAX) return;
    this.#foreignGroups.add(group);
    this.#options.onForeignGroup(group);
  }

  #newFacts(): FactsExchange {
    const { core, self, onFacts } = this.#options;
    return new FactsExchange({
      self,
      members: () => (core.views.founded ? core.views.latest.members : null),
      tell: (message) => {
        this.tell(EVERYONE, message);
      },
      changed: onFacts,
    });
  }

  #newStarts(): Starts {
    const { core, self, starts } = this.#options;
    return new Starts({
      self,
      past: starts,
      view: () => (core.views.founded ? core.views.latest : null),
      send: (to, message) => {
        this.tell(to, message);
      },
      write: (recordOf, done) => {
        const records = (): LedgerRecord[] => {
          const record = recordOf();
          return record === null ? [] : [{ kind: 'starts', starts: record }];
        };
        this.write(records, (error) => {
          if (error === null) done();
        });
      },
      admitted: () => {
        core.step({ kind: 'admitted' });
        this.wake();
      },
      lost: (record) => {
        this.stopWith({ kind: 'starts', starts: record }, votesLost(self, this.#options.queueId));
      },
    });
  }

  get #begun(): BelowCore {
    assert(this.#below !== null, 'a driver begins before it works', {});
    return this.#below;
  }

  /** Asked where the process may just have stopped. */
  get #isOver(): boolean {
    return this.#stopped;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#stopped = true;
      this.#options.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function dissolved(group: GroupId, isDead: boolean, queueId: string): TreplicaError {
  const what = isDead
    ? `did not come about: too many of those who had signed it gave it up, because others were lost before they had. Nothing that was put to it was or will be executed`
    : `came about only after this process had given it up`;
  return new TreplicaError(
    'FOUNDING_FAILED',
    `The founding of group ${group} on ${queueId} ${what}. Create the queue again: this process begins anew under a new id.`,
  );
}

function closedError(): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed: nothing more is written.');
}

function unwritten({ invariant, facts }: InvariantViolation, { message }: Error): InvariantViolation {
  return new InvariantViolation(invariant, { ...facts, verdictNotWritten: message });
}
