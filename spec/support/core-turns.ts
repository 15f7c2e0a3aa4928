import type { Decision, Effects, Notice, Supply } from '../../lib/consensus/effects.js';
import { EVERYONE, type Outgoing } from '../../lib/consensus/messages.js';
import { type Batch, partsOf } from '../../lib/model/batch.js';
import { after, type Instance, type ProcessId } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { DeliveryTable } from '../../lib/sequence/delivery-table.js';
import type { CoreChecker } from './core-checker.js';
import type { CoreNetwork, InTransit, Loss } from './core-network.js';
import { CoreProcess, type Turn } from './core-process.js';

/** Where in its turn a process may crash: nothing written yet; written, votes not sent; votes sent, nothing handed over. */
export type CrashPoint = 'before-persist' | 'before-votes' | 'before-delivery';

/** What a process does, as it does it. What goes to everyone is one event, with the numbers of the processes that it is lost to. */
export type GroupEvent =
  | { readonly kind: 'notices'; readonly notice: Notice }
  | { readonly kind: 'sends'; readonly outgoing: Outgoing; readonly lostTo: readonly number[] }
  | { readonly kind: 'persists'; readonly records: readonly LedgerRecord[] }
  | { readonly kind: 'offers'; readonly to: number; readonly next: Instance }
  | { readonly kind: 'installs'; readonly next: Instance }
  | { readonly kind: 'decides'; readonly decision: Decision }
  | { readonly kind: 'reads'; readonly ticket: number }
  | { readonly kind: 'crashes' };

/** What a turn of a process needs of its group, and does to it. */
export interface TurnHost {
  readonly processes: CoreProcess[];
  readonly checker: CoreChecker;
  readonly network: CoreNetwork;
  /** In message delays. */
  readonly now: number;
  readonly loss: Loss;
  readonly copies: (message: InTransit) => readonly number[];
  readonly crashAt: (process: number, point: CrashPoint, effects: Effects) => boolean;
  readonly tellsDelivered: (process: number) => boolean;
  readonly commitDelays: (process: number) => number;
  readonly answerInstances: number;
  readonly deliveryRowsMax: number | undefined;
  readonly observe: (process: number, event: GroupEvent) => void;
  crash(...numbers: readonly number[]): void;
}

/** The turns of the processes of a group: what the driver does of a real one, in memory. */
export class CoreTurns {
  readonly #group: TurnHost;

  constructor(group: TurnHost) {
    this.#group = group;
  }

  /** Does everything that a process wants done, in the order that the core demands. */
  drain(p: CoreProcess): void {
    while (p.core !== null && p.commit === null) {
      if (p.installation !== null && !p.core.hasEffects) {
        p.core.step({ kind: 'install', installation: p.installation });
        p.installation = null;
      }
      this.#renew(p);
      const effects = p.core.effects();
      const turn: Turn = { effects, readable: p.core.watermark };
      for (const notice of effects.notices) this.#group.observe(p.number, { kind: 'notices', notice });
      this.#transmit(p, effects.messages);
      if (this.#crashes(p, 'before-persist', effects)) return;
      const delays = effects.records.length > 0 ? this.#group.commitDelays(p.number) : 0;
      if (delays > 0) p.commit = { ...turn, due: this.#group.now + delays };
      else if (!this.finish(p, turn)) return;
    }
  }

  /** The records are durable. Returns whether there may be more to do. */
  finish(p: CoreProcess, { effects, readable }: Turn): boolean {
    p.commit = null;
    this.#group.checker.persists(p, effects.records);
    p.disk.apply(effects.records);
    if (effects.records.length > 0) this.#group.observe(p.number, { kind: 'persists', records: effects.records });
    if (this.#crashes(p, 'before-votes', effects)) return false;
    if (effects.notices.some(({ kind }) => kind === 'dissolved')) {
      this.#beginAnew(p, effects.notices);
      return false;
    }
    this.#transmit(p, effects.votes);
    if (this.#crashes(p, 'before-delivery', effects)) return false;
    if (effects.installed !== null) {
      const { next } = effects.installed;
      this.install(p, next);
      this.#group.observe(p.number, { kind: 'installs', next });
    }
    for (const decision of effects.decided) {
      this.decide(p, decision.instance, decision.batch);
      this.#group.observe(p.number, { kind: 'decides', decision });
    }
    for (const ticket of effects.readable) {
      p.readable.push({ ticket, decided: p.decided.size as Instance });
      this.#group.observe(p.number, { kind: 'reads', ticket });
    }
    p.notices.push(...effects.notices);
    for (const supply of effects.supplies) this.#supply(p, supply, readable);
    p.core?.step({ kind: 'durable' });
    // The others have met its start long ago.
    if (effects.notices.some(({ kind }) => kind === 'view')) p.core?.step({ kind: 'admitted' });
    if (p.core?.knowsDelivered === false && p.passed === readable && this.#group.tellsDelivered(p.number))
      p.core.step({ kind: 'delivered', next: readable, delivered: p.table.state });
    return effects.messages.length + effects.records.length + effects.votes.length + effects.decided.length > 0;
  }

  /** A process whose founding has failed comes back under a new number, with what it has kept on its disk. */
  #beginAnew(p: CoreProcess, notices: readonly Notice[]): void {
    p.notices.push(...notices);
    this.#group.crash(p.number);
    this.#group.processes.push(new CoreProcess(this.#group.processes.length + 1, p.options, p.disk));
  }

  #crashes(p: CoreProcess, point: CrashPoint, effects: Effects): boolean {
    if (!this.#group.crashAt(p.number, point, effects)) return false;
    this.#group.crash(p.number);
    return true;
  }

  /** The state of the checkpoint has seen everything below its end. */
  install(p: CoreProcess, next: Instance): void {
    const { chosen, delivered } = this.#group.checker.checkpointed(next);
    const table = new DeliveryTable(delivered, this.#group.deliveryRowsMax);
    p.table = table;
    p.passed = next;
    chosen.forEach((id, instance) => p.decided.set(instance as Instance, id));
    for (const id of this.#group.checker.deliveredBelow(next)) p.decidedIds.add(id);
    p.unknown.push(...p.inFlight.filter(({ id }) => table.isForgotten(partsOf(id))));
    p.inFlight = p.inFlight.filter(({ id }) => !table.isOver(id));
  }

  #renew(p: CoreProcess): void {
    const batches = p.renewed();
    if (batches === null) return;
    for (const batch of batches) this.#group.checker.proposed(batch);
    p.core?.step({ kind: 'renewal', batches });
  }

  /** A checkpoint takes as long as a message. */
  #offer(from: CoreProcess, to: ProcessId, next: Instance): void {
    const receiver = this.#group.processes.find(({ id }) => id === to);
    if (receiver === undefined) return;
    const { network, now } = this.#group;
    network.carryCheckpoint({ at: now + 1, to: receiver.number, next });
    this.#group.observe(from.number, { kind: 'offers', to: receiver.number, next });
  }

  decide(p: CoreProcess, instance: Instance, batch: Batch): void {
    this.#group.checker.decides(p, instance, batch);
    p.decided.set(instance, batch.id);
    p.passed = after(instance);
    for (const { id } of p.table.pass(batch, instance)) {
      p.decidedIds.add(id);
      p.inFlight = p.inFlight.filter((other) => other.id !== id);
    }
  }

  /** Below `readable` the log holds what was decided. */
  #supply(p: CoreProcess, { to, from, until }: Supply, readable: Instance): void {
    if (from < p.disk.start) {
      this.#offer(p, to, p.disk.start);
      return;
    }
    const batches: Batch[] = [];
    const end = Math.min(readable, until ?? readable, from + this.#group.answerInstances);
    for (let i = from; i < end; i = after(i)) batches.push(p.disk.batchAt(i));
    this.#transmit(p, [{ to, message: { kind: 'decided', from, batches, watermark: readable } }]);
  }

  #transmit(p: CoreProcess, outgoing: readonly Outgoing[]): void {
    const { network, now } = this.#group;
    for (const { to, message } of outgoing) {
      this.#group.checker.hears(p, message);
      const receivers = this.#group.processes.filter((other) => (to === EVERYONE ? other !== p : other.id === to));
      const lostTo: number[] = [];
      for (const receiver of receivers) {
        const inTransit = { from: p.number, to: receiver.number, message };
        network.sent.push({ ...inTransit, at: now });
        if (this.#group.loss(inTransit)) lostTo.push(receiver.number);
        else for (const delay of this.#group.copies(inTransit)) network.carry(inTransit, now + delay);
      }
      this.#group.observe(p.number, { kind: 'sends', outgoing: { to, message }, lostTo });
    }
  }
}
