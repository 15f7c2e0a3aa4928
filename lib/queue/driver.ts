/**
 * The driver joins the pure core to ledger, transport and delivery. It is the only place where the order is written
 * down: *persist, then send what rests on it, then deliver*. Everything that arrives in one turn of the event loop goes
 * into the core at once and shares one commit; nothing on the good path waits for a timer.
 */
import type { Consensus } from '../consensus/consensus.js';
import type { Effects, Installation, Notice, Supply } from '../consensus/effects.js';
import type { Message, Outgoing } from '../consensus/messages.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Batch } from '../model/batch.js';
import { DamagedLogError, TreplicaError } from '../model/errors.js';
import { after, NO_GROUP, type GroupId, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { LedgerRecord } from '../model/records.js';
import type { EVERYONE, Transport } from '../transport/transport.js';
import type { Batcher } from './batcher.js';
import type { Base, Delivery } from './delivery.js';
import { Errands } from './errands.js';
import type { RepairMessage } from './repair-messages.js';
import { decodeMessage, encodeMessage, type WireMessage } from './wire.js';

export interface DriverOptions {
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly transport: Transport;
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  /** The group that the ledger knows, null before founding. */
  readonly group: GroupId | null;
  readonly defer: (callback: () => void) => void;
  /** Below consensus: what others say of checkpoints, and what they answer to questions about the log. */
  readonly repair: RepairReceiver;
  readonly onNotice: (notice: Notice) => void;
  /** Another group uses the same address: told once for each. */
  readonly onForeignGroup: (group: GroupId) => void;
  /** Called once with what makes it impossible to go on. */
  readonly fail: (error: Error) => void;
}

/** Who deals with what processes tell each other below consensus. */
export interface RepairReceiver {
  receive(from: ProcessId, message: WireMessage): void;
  /** Somebody asks for what is not in the log any more. */
  offer(to: ProcessId, beyond: Instance): void;
  /** The log cannot be read there for somebody else. */
  damaged(damage: DamagedLogError): void;
  /** Something is damaged here that nobody has been able to tell again. */
  readonly isHelpless: boolean;
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

/** As many other groups are worth a line in the log. */
const FOREIGN_GROUPS_MAX = 16;

/** Who waits for a read: told once, either way. */
export interface ReadWaiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Driver {
  readonly #options: DriverOptions;
  #group: GroupId | null;
  #turnAwaited = false;
  #committing = false;
  #stopped = false;
  #malformed = 0;
  #nextTicket = 0;
  /** For how long the ledger has not known how much is decided. */
  #unwrittenTicks = 0;
  readonly #foreignGroups = new Set<GroupId>();
  readonly #reads = new Map<number, ReadWaiter>();
  readonly #errands = new Errands();
  #installation: AwaitedInstallation | null = null;
  #onInstalled: (() => void) | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#group = options.group;
    if (options.group !== null) options.transport.join(options.group);
    options.delivery.readableUntil(options.core.watermark);
  }

  /** The group that this process belongs to; null before it is founded. */
  get group(): GroupId | null {
    return this.#group;
  }

  /** Messages that were intact as frames and yet none that this version sends. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The transport's receiver. */
  receive(from: ProcessId, group: GroupId, bytes: Buffer): void {
    if (this.#stopped) return;
    const message = decodeMessage(bytes);
    if (message === null) {
      this.#malformed += 1;
      return;
    }
    if (!this.#concernsUs(group, message)) return;
    this.#step(() => {
      const { core, repair } = this.#options;
      if (message.kind === 'decided' || !isForCore(message)) repair.receive(from, message);
      if (isForCore(message)) core.step({ kind: 'message', from, message });
    });
  }

  tick(): void {
    this.#step(() => {
      const { core, repair } = this.#options;
      core.step({ kind: 'tick' });
      repair.tick();
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
    this.#errands.add({ records, done });
    this.wake();
  }

  /** Goes on from a checkpoint as soon as what is under way is done; a later one takes the place of one that waits. */
  install(installation: AwaitedInstallation): void {
    this.#installation?.done(false);
    this.#installation = installation;
    this.wake();
  }

  /** Tells `waiter` once everything that was acknowledged anywhere before this call has been decided here. */
  read(waiter: ReadWaiter): void {
    const ticket = this.#nextTicket;
    this.#nextTicket += 1;
    this.#reads.set(ticket, waiter);
    this.#step(() => {
      this.#options.core.step({ kind: 'read', ticket });
    });
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
    for (const waiter of this.#reads.values()) waiter.reject(why);
    this.#reads.clear();
    this.#errands.refuse(why);
  }

  /**
   * The watermark is written along with later votes. Where none come, it is written by itself after a while: what was
   * acknowledged is then in the decided part of the log, from which backups are made.
   */
  #noteIdleness(): void {
    this.#unwrittenTicks = this.#options.core.isAheadOfLedger ? this.#unwrittenTicks + 1 : 0;
    if (this.#unwrittenTicks !== limits.idleTicks || !this.#errands.isEmpty) return;
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
      if (this.#installation === null) this.#propose();
      else if (!core.hasEffects) this.#beginInstallation(this.#installation);
      if (!core.hasEffects && this.#errands.isEmpty) return;
      const effects = core.effects(!this.#errands.isEmpty);
      const readable = core.watermark;
      this.#join(effects.notices);
      this.#send(effects.messages);
      for (const notice of effects.notices) onNotice(notice);
      // What errands write may not be right any more where the process goes on from.
      const takesErrands = effects.installed === null && !this.#errands.isEmpty;
      const records = takesErrands ? [...effects.records, ...this.#errands.take()] : effects.records;
      const finish = (): void => {
        this.#finish(effects, readable);
        this.#errands.done();
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
      return isRecorded ? [{ kind: 'checkpoint', checkpoint: base.checkpoint }] : [];
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

  #commit(records: readonly LedgerRecord[], finish: () => void): void {
    this.#committing = true;
    let returned = false;
    this.#options.ledger.commit(records, (error) => {
      this.#committing = false;
      if (this.#stopped) return;
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
    this.#send(effects.votes);
    core.step({ kind: 'durable' });
    if (effects.installed !== null) {
      this.#onInstalled?.();
      this.#onInstalled = null;
    }
    delivery.decided(effects.decided);
    delivery.readableUntil(readable);
    for (const ticket of effects.readable) {
      this.#reads.get(ticket)?.resolve();
      this.#reads.delete(ticket);
    }
    for (const supply of effects.supplies) this.#supply(supply, readable);
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

  #send(outgoing: readonly Outgoing[]): void {
    if (outgoing.length === 0) return;
    const { transport } = this.#options;
    for (const { to, message } of outgoing) transport.send(to, encodeMessage(message));
    transport.flush();
  }

  /**
   * A process that is behind gets what was decided, from the log, which below `readable` holds nothing else; or, where the
   * log begins later, a checkpoint.
   */
  #supply({ to, from, until }: Supply, readable: Instance): void {
    const { ledger, repair } = this.#options;
    if (from < ledger.start) {
      repair.offer(to, from);
      return;
    }
    const batches: Batch[] = [];
    const end = Math.min(readable, until ?? readable, after(from, limits.catchUpInstances)) as Instance;
    try {
      for (const { instance, vote } of ledger.read(from, end, limits.catchUpBytes)) {
        if (vote === null || instance !== from + batches.length) break;
        batches.push(vote.batch);
      }
    } catch (error) {
      if (!(error instanceof DamagedLogError)) throw error;
      repair.damaged(error);
      // Nobody else may know what was decided there; a state that has seen it serves as well.
      if (batches.length === 0) repair.offer(to, from);
    }
    if (batches.length > 0) this.tell(to, { kind: 'decided', from, batches, watermark: readable });
  }

  #join(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (notice.kind !== 'founded' || notice.part === 'stranger') continue;
      this.#group = notice.group;
      this.#options.transport.join(notice.group);
    }
  }

  /** Whether a frame of `group` may say `message` to us: strangers may only ask to belong to a group. */
  #concernsUs(group: GroupId, message: WireMessage): boolean {
    if (this.#group === null || group === this.#group) return true;
    if (group === NO_GROUP) return isFounding(message);
    if (!this.#foreignGroups.has(group) && this.#foreignGroups.size < FOREIGN_GROUPS_MAX) {
      this.#foreignGroups.add(group);
      this.#options.onForeignGroup(group);
    }
    return false;
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

function isFounding({ kind }: WireMessage): boolean {
  return kind === 'hello' || kind === 'found' || kind === 'signed' || kind === 'unwilling' || kind === 'founded';
}

function closedError(): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed: nothing more is written.');
}

function isForCore(message: WireMessage): message is Message {
  return !BELOW_CORE.has(message.kind);
}

const BELOW_CORE: ReadonlySet<WireMessage['kind']> = new Set<RepairMessage['kind']>([
  'want-checkpoint',
  'offer',
  'want-chunk',
  'chunk',
  'no-chunk',
  'checkpointed',
]);
