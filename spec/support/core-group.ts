import {
  EVERYONE,
  type Message,
  type MessageKind,
  type MessageOf,
  type Outgoing,
} from '../../lib/consensus/messages.js';
import type { Decision, Effects, Notice, Supply } from '../../lib/consensus/effects.js';
import type { Mode } from '../../lib/consensus/mode.js';
import { partsOf, type Batch, type BatchId, type ValueKind } from '../../lib/model/batch.js';
import { after, type Instance, type ProcessId } from '../../lib/model/ids.js';
import { limits } from '../../lib/model/limits.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { DeliveryTable } from '../../lib/sequence/delivery-table.js';
import { CoreChecker } from './core-checker.js';
import { checkpointAt, CoreProcess, type Turn } from './core-process.js';
import { seededRandom } from './seeded-random.js';

/** How many message delays one tick of the protocol's clock lasts here. */
export const DELAYS_A_TICK = 20;

/** A message on its way, or what a spec looks at to decide its fate. */
export interface InTransit {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** Returns true for messages that are to be lost. */
export type Loss = (message: InTransit) => boolean;

/** Where in its turn a process may crash: nothing written yet; written, votes not sent; votes sent, nothing handed over. */
export type CrashPoint = 'before-persist' | 'before-votes' | 'before-delivery';

/** What a process does, as it does it. What goes to everyone is one event, with the numbers of those for whom it is lost. */
export type GroupEvent =
  | { readonly kind: 'notices'; readonly notice: Notice }
  | { readonly kind: 'sends'; readonly outgoing: Outgoing; readonly lostTo: readonly number[] }
  | { readonly kind: 'persists'; readonly records: readonly LedgerRecord[] }
  | { readonly kind: 'offers'; readonly to: number; readonly next: Instance }
  | { readonly kind: 'installs'; readonly next: Instance }
  | { readonly kind: 'decides'; readonly decision: Decision }
  | { readonly kind: 'reads'; readonly ticket: number }
  | { readonly kind: 'crashes' };

export interface GroupOptions {
  readonly mode?: Mode;
  readonly seed?: number;
  /** How many message delays one tick lasts. Infinity: clocks stand still unless a spec calls `tick`. */
  readonly delaysATick?: number;
  /** Processes beyond n. */
  readonly extra?: number;
  /** What a process takes for n; n unless said otherwise. */
  readonly replicasOf?: (process: number) => number;
  /** α of the groups that a process founds. */
  readonly borderOf?: (process: number) => number;
  /** Processes that the tables of delivered batches know. */
  readonly deliveryRowsMax?: number;
  /** The mode of a process, where they differ. */
  readonly modeOf?: (process: number) => Mode;
  /** How many votes one message of phase 1 reports. */
  readonly votesAPromise?: number;
}

/**
 * A group of cores in memory. Time is counted in message delays: every message takes one. Faults are set by specs:
 * losses by a function, crashes by number. Processes are numbered from 1, in the order of their ids.
 */
export class CoreGroup {
  readonly processes: CoreProcess[];
  readonly checker: CoreChecker;
  now = 0;
  loss: Loss = () => false;
  /** How many copies of a message arrive, and after how many delays each. */
  copies: (message: InTransit) => readonly number[] = () => [1];
  /** Returns true where a process is to crash in the midst of its turn, of which `effects` is all that it does. */
  crashAt: (process: number, point: CrashPoint, effects: Effects) => boolean = () => false;
  /** Whether a process that was started again has gone through its log, and tells its core what was delivered. */
  tellsDelivered: (process: number) => boolean = () => true;
  /** How many delays a commit takes; the process goes on hearing others in the meantime. */
  commitDelays: (process: number) => number = () => 0;
  /** How many instances one answer to a process that is behind holds. */
  answerInstances = 64;
  /** Every message that left a process, with the delay at which it did. */
  readonly sent: (InTransit & { readonly at: number })[] = [];
  /** Told of everything that happens; within a turn of what a process has noticed first, as that is why it does the rest. */
  observe: (process: number, event: GroupEvent) => void = () => {};
  readonly #options: GroupOptions;
  readonly #random: () => number;
  readonly #delaysATick: number;
  readonly #checkpoints: { readonly at: number; readonly to: CoreProcess; readonly next: Instance }[] = [];
  readonly #network = new Map<number, InTransit[]>();

  constructor(
    readonly n: number,
    options: GroupOptions = {},
  ) {
    const { mode = 'classic', extra = 0, replicasOf = () => n, modeOf = () => mode } = options;
    const { borderOf = () => limits.borderInstances } = options;
    const random = seededRandom(options.seed ?? 1);
    const { deliveryRowsMax } = options;
    const parts = options.votesAPromise === undefined ? {} : { votesAPromise: options.votesAPromise };
    this.checker = new CoreChecker(deliveryRowsMax);
    this.#options = options;
    this.#random = random;
    this.#delaysATick = options.delaysATick ?? DELAYS_A_TICK;
    this.processes = Array.from({ length: n + extra }, (_, i) => {
      const own = { replicas: replicasOf(i + 1), mode: modeOf(i + 1), borderInstances: borderOf(i + 1) };
      return new CoreProcess(i + 1, { ...own, random, deliveryRowsMax, ...parts });
    });
  }

  /** Runs until the group is founded and has a coordinator. */
  found(): this {
    this.runUntil(
      () => this.coordinator !== null && this.live.filter((p) => p.noticed('founded').length > 0).length >= this.n,
    );
    this.settle();
    return this;
  }

  get live(): CoreProcess[] {
    return this.processes.filter((p) => p.core !== null);
  }

  /** The number of the process that coordinates in the highest ballot, or null. */
  get coordinator(): number | null {
    let best: CoreProcess | null = null;
    for (const p of this.live) {
      if ((p.core?.reign?.reign ?? 0) > (best?.core?.reign?.reign ?? 0)) best = p;
    }
    return best?.number ?? null;
  }

  process(number: number): CoreProcess {
    const found = this.processes[number - 1];
    if (found === undefined) throw new Error(`there is no process ${number}`);
    return found;
  }

  /** A value of a kind that holds no messages: `number` tells it apart from others of the same process. */
  proposeValue(number: number, kind: Exclude<ValueKind, 'messages'>, text: string, which = 0): BatchId {
    const p = this.process(number);
    const batch = p.newValue(kind, text, which);
    this.checker.proposed(batch);
    p.core?.step({ kind: 'proposal', batch });
    this.#drain(p);
    return batch.id;
  }

  propose(number: number, text: string): BatchId {
    const p = this.process(number);
    const batch = p.newBatch(text);
    this.checker.proposed(batch);
    p.core?.step({ kind: 'proposal', batch });
    this.#drain(p);
    return batch.id;
  }

  read(number: number, ticket: number): void {
    const p = this.process(number);
    p.core?.step({ kind: 'read', ticket });
    this.#drain(p);
  }

  /** Makes a process hear a message that nobody sent. */
  forge(from: number, to: number, message: Message): void {
    const p = this.process(to);
    p.core?.step({ kind: 'message', from: this.process(from).id, message });
    this.#drain(p);
  }

  crash(...numbers: readonly number[]): void {
    for (const number of numbers) {
      this.process(number).crash();
      this.observe(number, { kind: 'crashes' });
    }
  }

  restart(...numbers: readonly number[]): void {
    for (const number of numbers) {
      const p = this.process(number);
      p.disk.incarnation += 1;
      p.start();
      this.#install(p, p.disk.start);
      for (let i = p.disk.start; i < p.disk.watermark; i = after(i)) this.#decide(p, i, p.disk.batchAt(i));
    }
  }

  /** A process that has lost its votes, or never had any, comes under a new id. Returns its number. */
  join(): number {
    const { mode = 'classic' } = this.#options;
    const number = this.processes.length + 1;
    const { deliveryRowsMax } = this.#options;
    const options = {
      replicas: this.n,
      mode,
      random: this.#random,
      founds: false,
      observes: true,
      deliveryRowsMax,
    };
    this.processes.push(new CoreProcess(number, options));
    return number;
  }

  /** Processes make a checkpoint of all that they know to be decided, and cut the log below it. */
  cut(...numbers: readonly number[]): void {
    for (const number of numbers) {
      const { core, commit, disk } = this.process(number);
      if (core !== null && commit === null) disk.apply([{ kind: 'watermark', watermark: core.watermark }]);
      disk.cut();
    }
  }

  /** One message delay passes: everything that is due arrives, and clocks may tick. */
  step(): void {
    this.now += 1;
    const due = this.#network.get(this.now) ?? [];
    this.#network.delete(this.now);
    for (const { from, to, message } of due) {
      this.process(to).core?.step({ kind: 'message', from: this.process(from).id, message });
    }
    this.#arrivals();
    for (const p of this.live) {
      if (p.commit !== null && p.commit.due <= this.now) this.#finish(p, p.commit);
      this.#drain(p);
    }
    if (this.now % this.#delaysATick === 0) this.tick();
  }

  /** The clocks of some processes tick; those of all who live, unless numbers are given. */
  tick(...numbers: readonly number[]): void {
    const ticking = numbers.length === 0 ? this.live : numbers.map((number) => this.process(number));
    for (const p of ticking) {
      p.core?.step({ kind: 'tick', nowMs: this.timeMs + p.clockOffsetMs });
      this.#drain(p);
    }
  }

  /** What a clock that is right shows, in milliseconds since 1970. */
  get timeMs(): number {
    return Date.UTC(2000, 0, 1) + (this.now * limits.tickMs) / this.#delaysATick;
  }

  /** Runs until `condition` holds. Returns the message delays it took. */
  runUntil(condition: () => boolean, maxDelays = 100_000): number {
    const start = this.now;
    while (!condition()) {
      if (this.now - start >= maxDelays)
        throw new Error(`after ${maxDelays} message delays the condition still does not hold`);
      this.step();
    }
    return this.now - start;
  }

  run(delays: number): void {
    for (let i = 0; i < delays; i += 1) this.step();
  }

  runTicks(ticks: number): void {
    this.run(ticks * DELAYS_A_TICK);
  }

  /** Whether no message is under way and no commit. */
  get quiet(): boolean {
    return this.#network.size + this.#checkpoints.length === 0 && this.live.every((p) => p.commit === null);
  }

  /** Runs until nothing is under way any more, between two ticks. */
  settle(): void {
    this.runUntil(() => this.#network.size + this.#checkpoints.length === 0);
  }

  hasDecided(number: number, id: BatchId): boolean {
    return this.process(number).decidedIds.has(id);
  }

  everyoneHasDecided(ids: Iterable<BatchId>): boolean {
    const wanted = [...ids];
    return this.live.every((p) => wanted.every((id) => p.decidedIds.has(id)));
  }

  /** What a process has delivered, in order, as the texts that the batches carry. */
  delivered(number: number): string[] {
    return this.checker.delivered(this.process(number).decided.size);
  }

  /** The messages of one kind that have left any process. */
  sentOf<K extends MessageKind>(
    kind: K,
  ): { readonly from: number; readonly to: number; readonly at: number; readonly message: MessageOf<K> }[] {
    return this.sent.filter(
      (m): m is (typeof this.sent)[number] & { message: MessageOf<K> } => m.message.kind === kind,
    );
  }

  /** Does everything that a process wants done, in the order that the core demands. */
  #drain(p: CoreProcess): void {
    while (p.core !== null && p.commit === null) {
      if (p.installation !== null && !p.core.hasEffects) {
        p.core.step({ kind: 'install', installation: p.installation });
        p.installation = null;
      }
      this.#renew(p);
      const effects = p.core.effects();
      const turn: Turn = { effects, readable: p.core.watermark };
      for (const notice of effects.notices) this.observe(p.number, { kind: 'notices', notice });
      this.#transmit(p, effects.messages);
      if (this.#crashes(p, 'before-persist', effects)) return;
      const delays = effects.records.length > 0 ? this.commitDelays(p.number) : 0;
      if (delays > 0) p.commit = { ...turn, due: this.now + delays };
      else if (!this.#finish(p, turn)) return;
    }
  }

  /** The records are durable. Returns whether there may be more to do. */
  #finish(p: CoreProcess, { effects, readable }: Turn): boolean {
    p.commit = null;
    this.checker.persists(p, effects.records);
    p.disk.apply(effects.records);
    if (effects.records.length > 0) this.observe(p.number, { kind: 'persists', records: effects.records });
    if (this.#crashes(p, 'before-votes', effects)) return false;
    if (effects.notices.some(({ kind }) => kind === 'dissolved')) {
      this.#beginAnew(p, effects.notices);
      return false;
    }
    this.#transmit(p, effects.votes);
    if (this.#crashes(p, 'before-delivery', effects)) return false;
    if (effects.installed !== null) {
      const { next } = effects.installed;
      this.#install(p, next);
      this.observe(p.number, { kind: 'installs', next });
    }
    for (const decision of effects.decided) {
      this.#decide(p, decision.instance, decision.batch);
      this.observe(p.number, { kind: 'decides', decision });
    }
    for (const ticket of effects.readable) {
      p.readable.push({ ticket, decided: p.decided.size as Instance });
      this.observe(p.number, { kind: 'reads', ticket });
    }
    p.notices.push(...effects.notices);
    for (const supply of effects.supplies) this.#supply(p, supply, readable);
    p.core?.step({ kind: 'durable' });
    if (p.core?.knowsDelivered === false && p.passed === readable && this.tellsDelivered(p.number))
      p.core.step({ kind: 'delivered', next: readable, delivered: p.table.state });
    return effects.messages.length + effects.records.length + effects.votes.length + effects.decided.length > 0;
  }

  /** A process whose founding has failed comes back under a new number, with what it has kept on its disk. */
  #beginAnew(p: CoreProcess, notices: readonly Notice[]): void {
    p.notices.push(...notices);
    this.crash(p.number);
    this.processes.push(new CoreProcess(this.processes.length + 1, p.options, p.disk));
  }

  #crashes(p: CoreProcess, point: CrashPoint, effects: Effects): boolean {
    if (!this.crashAt(p.number, point, effects)) return false;
    this.crash(p.number);
    return true;
  }

  /** The state of the checkpoint has seen everything below its end. */
  #install(p: CoreProcess, next: Instance): void {
    const { chosen, delivered } = this.checker.checkpointed(next);
    const table = new DeliveryTable(delivered, this.#options.deliveryRowsMax);
    p.table = table;
    p.passed = next;
    chosen.forEach((id, instance) => p.decided.set(instance as Instance, id));
    for (const id of this.checker.deliveredBelow(next)) p.decidedIds.add(id);
    p.unknown.push(...p.inFlight.filter(({ id }) => table.isForgotten(partsOf(id))));
    p.inFlight = p.inFlight.filter(({ id }) => !table.isOver(id));
  }

  #renew(p: CoreProcess): void {
    const batches = p.renewed();
    if (batches === null) return;
    for (const batch of batches) this.checker.proposed(batch);
    p.core?.step({ kind: 'renewal', batches });
  }

  /** A checkpoint takes as long as a message, and its receiver goes on from it when it has nothing else to do. */
  #offer(from: CoreProcess, to: ProcessId, next: Instance): void {
    const receiver = this.processes.find(({ id }) => id === to);
    if (receiver === undefined) return;
    this.#checkpoints.push({ at: this.now + 1, to: receiver, next });
    this.observe(from.number, { kind: 'offers', to: receiver.number, next });
  }

  #arrivals(): void {
    while (this.#checkpoints[0] !== undefined && this.#checkpoints[0].at <= this.now) {
      const { to, next } = this.#checkpoints[0];
      this.#checkpoints.shift();
      if (to.core === null || next <= Math.max(to.core.watermark, to.installation?.checkpoint.next ?? 0)) continue;
      to.installation = { checkpoint: checkpointAt(next), delivered: this.checker.checkpointed(next).delivered };
    }
  }

  #decide(p: CoreProcess, instance: Instance, batch: Batch): void {
    this.checker.decides(p, instance, batch);
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
    const end = Math.min(readable, until ?? readable, from + this.answerInstances);
    for (let i = from; i < end; i = after(i)) batches.push(p.disk.batchAt(i));
    this.#transmit(p, [{ to, message: { kind: 'decided', from, batches, watermark: readable } }]);
  }

  #transmit(p: CoreProcess, outgoing: readonly Outgoing[]): void {
    for (const { to, message } of outgoing) {
      this.checker.hears(p, message);
      const receivers = this.processes.filter((other) => (to === EVERYONE ? other !== p : other.id === to));
      const lostTo: number[] = [];
      for (const receiver of receivers) {
        const inTransit = { from: p.number, to: receiver.number, message };
        this.sent.push({ ...inTransit, at: this.now });
        if (this.loss(inTransit)) lostTo.push(receiver.number);
        else for (const delay of this.copies(inTransit)) this.#arrive(this.now + delay, inTransit);
      }
      this.observe(p.number, { kind: 'sends', outgoing: { to, message }, lostTo });
    }
  }

  #arrive(at: number, inTransit: InTransit): void {
    const others = this.#network.get(at);
    if (others === undefined) this.#network.set(at, [inTransit]);
    else others.push(inTransit);
  }
}
