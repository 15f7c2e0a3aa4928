/**
 * The driver joins the pure core to ledger, transport and delivery. It is the only place where the order is written
 * down: *persist, then send what rests on it, then deliver*. Everything that arrives in one turn of the event loop goes
 * into the core at once and shares one commit; nothing on the good path waits for a timer.
 */
import type { Consensus } from '../consensus/consensus.js';
import type { Effects, Notice, Supply } from '../consensus/effects.js';
import type { Message, Outgoing } from '../consensus/messages.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Batch } from '../model/batch.js';
import { after, NO_GROUP, type GroupId, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Transport } from '../transport/transport.js';
import type { Batcher } from './batcher.js';
import type { Delivery } from './delivery.js';
import { decodeMessage, encodeMessage } from './wire.js';

export interface DriverOptions {
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly transport: Transport;
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  /** The group that the ledger knows, null before founding. */
  readonly group: GroupId | null;
  readonly defer: (callback: () => void) => void;
  readonly onNotice: (notice: Notice) => void;
  /** Another group uses the same address: told once for each. */
  readonly onForeignGroup: (group: GroupId) => void;
  /** Called once with what makes it impossible to go on. */
  readonly fail: (error: Error) => void;
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
  readonly #foreignGroups = new Set<GroupId>();
  readonly #reads = new Map<number, ReadWaiter>();

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#group = options.group;
    if (options.group !== null) options.transport.join(options.group);
    options.delivery.readableUntil(options.core.watermark);
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
      this.#options.core.step({ kind: 'message', from, message });
    });
  }

  tick(): void {
    this.#step(() => {
      this.#options.core.step({ kind: 'tick' });
    });
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
    this.#stopped = true;
    for (const waiter of this.#reads.values()) waiter.reject(why);
    this.#reads.clear();
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
      this.#propose();
      if (!core.hasEffects) return;
      const effects = core.effects();
      const readable = core.watermark;
      this.#join(effects.notices);
      this.#send(effects.messages);
      for (const notice of effects.notices) onNotice(notice);
      if (effects.records.length === 0) this.#finish(effects, readable);
      else this.#commit(effects, readable);
    }
  }

  #commit(effects: Effects, readable: Instance): void {
    this.#committing = true;
    let returned = false;
    this.#options.ledger.commit(effects.records, (error) => {
      this.#committing = false;
      if (this.#stopped) return;
      this.#guard(() => {
        if (error !== null) throw error;
        this.#finish(effects, readable);
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

  /** A process that is behind gets what was decided, from the log, which below `readable` holds nothing else. */
  #supply({ to, from }: Supply, readable: Instance): void {
    const { ledger, transport } = this.#options;
    const batches: Batch[] = [];
    const end = Math.min(readable, after(from, limits.catchUpInstances)) as Instance;
    for (const { instance, vote } of ledger.read(from, end, limits.catchUpBytes)) {
      if (vote === null || instance !== from + batches.length) break;
      batches.push(vote.batch);
    }
    if (batches.length === 0) return;
    transport.send(to, encodeMessage({ kind: 'decided', from, batches, watermark: readable }));
    transport.flush();
  }

  #join(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (notice.kind !== 'founded' || !notice.member) continue;
      this.#group = notice.group;
      this.#options.transport.join(notice.group);
    }
  }

  /** Whether a frame of `group` may say `message` to us: strangers may only ask to belong to a group. */
  #concernsUs(group: GroupId, message: Message): boolean {
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

function isFounding({ kind }: Message): boolean {
  return kind === 'hello' || kind === 'found' || kind === 'signed' || kind === 'unwilling' || kind === 'founded';
}
