import { Consensus } from '../../lib/consensus/consensus.js';
import type { Notice } from '../../lib/consensus/effects.js';
import { EVERYONE, type Message, type Outgoing } from '../../lib/consensus/messages.js';
import type { Mode } from '../../lib/consensus/mode.js';
import { NO_BALLOT } from '../../lib/model/ballot.js';
import { batchId, NO_OP_ID, type Batch, type BatchId } from '../../lib/model/batch.js';
import { after, type Instance, type ProcessId } from '../../lib/model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../lib/model/records.js';
import { seededRandom } from './seeded-random.js';

/** How many message delays one tick of the protocol's clock lasts here. */
const DELAYS_A_TICK = 20;

/** A message on its way, or what a spec looks at to decide its fate. */
export interface InTransit {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** Returns true for messages that are to be lost. */
export type Loss = (message: InTransit) => boolean;

/** What survives a crash: the records of one process, applied in order. */
class Disk {
  promise = NO_BALLOT;
  watermark = 0 as Instance;
  founding: LedgerSnapshot['founding'] = { signed: null, refused: [] };
  views: LedgerSnapshot['views'] = [];
  group: LedgerSnapshot['group'] = null;
  incarnation = 1;
  readonly log = new Map<Instance, LogEntry>();

  apply(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind === 'promise') this.promise = record.ballot;
      else if (record.kind === 'entry') this.log.set(record.entry.instance, record.entry);
      else if (record.kind === 'watermark') this.watermark = record.watermark;
      else if (record.kind === 'founding') this.founding = record.founding;
      else if (record.kind === 'view') {
        this.views = [...this.views, record.record];
        this.group = record.group;
      }
    }
  }

  /** What was decided at an instance below the watermark. */
  batchAt(instance: Instance): Batch {
    const batch = this.log.get(instance)?.vote?.batch;
    if (batch === undefined)
      throw new Error(`the log lacks instance ${String(instance)}, which is below the watermark`);
    return batch;
  }

  snapshot(process: ProcessId): LedgerSnapshot {
    const entries = [...this.log.values()]
      .filter((entry) => entry.instance >= this.watermark)
      .sort((a, b) => a.instance - b.instance);
    return {
      identity: { process, incarnation: this.incarnation },
      promise: this.promise,
      watermark: this.watermark,
      founding: this.founding,
      group: this.group,
      views: this.views,
      entries,
    };
  }
}

/** One process: a core, its disk, and what it has decided, in order. */
export class CoreProcess {
  readonly id: ProcessId;
  readonly disk = new Disk();
  /** Decisions of all incarnations: instance to batch id. */
  readonly decided = new Map<Instance, BatchId>();
  readonly notices: Notice[] = [];
  readonly readable: number[] = [];
  core: Consensus | null = null;
  #sequence = 0;

  constructor(
    readonly number: number,
    private readonly options: { readonly replicas: number; readonly mode: Mode; readonly random: () => number },
  ) {
    this.id = number.toString(16).padStart(16, '0') as ProcessId;
    this.start();
  }

  start(): void {
    this.#sequence = 0;
    this.core = new Consensus({ self: this.id, ...this.options }, this.disk.snapshot(this.id));
  }

  newBatch(text: string): Batch {
    const id = batchId(this.id, this.disk.incarnation, this.#sequence);
    this.#sequence += 1;
    return { id, body: Buffer.from(text) };
  }
}

/** Where in its turn a process may crash: nothing written yet; written, votes not sent; votes sent, nothing handed over. */
export type CrashPoint = 'before-persist' | 'before-votes' | 'before-delivery';

export interface GroupOptions {
  readonly mode?: Mode;
  readonly seed?: number;
  /** Started and not founded with the others: processes beyond n. */
  readonly extra?: number;
}

/**
 * A group of cores in memory. Time is counted in message delays: every message takes one. Faults are set by specs:
 * losses by a function, crashes by number. Processes are numbered from 1, in the order of their ids.
 */
export class CoreGroup {
  readonly processes: CoreProcess[];
  now = 0;
  loss: Loss = () => false;
  /** How many copies of a message arrive, and after how many delays each. */
  copies: () => readonly number[] = () => [1];
  /** Returns true where a process is to crash in the midst of its turn. */
  crashAt: (process: number, point: CrashPoint) => boolean = () => false;
  /** What each batch that was proposed carried. */
  readonly texts = new Map<BatchId, string>();
  /** Every message that left a process, with the delay at which it did. */
  readonly sent: (InTransit & { readonly at: number })[] = [];
  readonly #random: () => number;
  #network: (InTransit & { readonly due: number })[] = [];

  constructor(
    readonly n: number,
    options: GroupOptions = {},
  ) {
    this.#random = seededRandom(options.seed ?? 1);
    const common = { replicas: n, mode: options.mode ?? 'classic', random: this.#random };
    this.processes = Array.from({ length: n + (options.extra ?? 0) }, (_, i) => new CoreProcess(i + 1, common));
  }

  /** Runs until the group is founded and has a coordinator. */
  found(): this {
    this.runUntil(
      () => this.coordinator !== null && this.live.every((p) => p.notices.some((notice) => notice.kind === 'founded')),
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
      if (p.core?.reign != null && p.core.reign.reign > (best?.core?.reign?.reign ?? 0)) best = p;
    }
    return best?.number ?? null;
  }

  process(number: number): CoreProcess {
    const found = this.processes[number - 1];
    if (found === undefined) throw new Error(`there is no process ${String(number)}`);
    return found;
  }

  propose(number: number, text: string): BatchId {
    const p = this.process(number);
    const batch = p.newBatch(text);
    this.texts.set(batch.id, text);
    p.core?.step({ kind: 'proposal', batch });
    this.#drain(p);
    return batch.id;
  }

  read(number: number, ticket: number): void {
    const p = this.process(number);
    p.core?.step({ kind: 'read', ticket });
    this.#drain(p);
  }

  crash(number: number): void {
    this.process(number).core = null;
  }

  restart(number: number): void {
    const p = this.process(number);
    p.disk.incarnation += 1;
    p.start();
    for (let i = 0 as Instance; i < p.disk.watermark; i = after(i)) this.#decide(p, i, p.disk.batchAt(i));
  }

  /** One message delay passes: everything that was under way arrives, and clocks may tick. */
  step(): void {
    this.now += 1;
    const due = this.#network.filter((m) => m.due <= this.now);
    this.#network = this.#network.filter((m) => m.due > this.now);
    for (const { from, to, message } of due) {
      const receiver = this.process(to);
      receiver.core?.step({ kind: 'message', from: this.process(from).id, message });
    }
    for (const p of this.live) this.#drain(p);
    if (this.now % DELAYS_A_TICK === 0) this.tick();
  }

  tick(): void {
    for (const p of this.live) {
      p.core?.step({ kind: 'tick' });
      this.#drain(p);
    }
  }

  /** Runs until `condition` holds. Returns the message delays it took. */
  runUntil(condition: () => boolean, maxDelays = 100_000): number {
    const start = this.now;
    while (!condition()) {
      if (this.now - start >= maxDelays)
        throw new Error(`after ${String(maxDelays)} message delays the condition still does not hold`);
      this.step();
    }
    return this.now - start;
  }

  run(delays: number): void {
    for (let i = 0; i < delays; i += 1) this.step();
  }

  /** Runs until nothing is under way any more, between two ticks. */
  settle(): void {
    this.runUntil(() => this.#network.length === 0);
  }

  hasDecided(number: number, id: BatchId): boolean {
    return [...this.process(number).decided.values()].includes(id);
  }

  everyoneHasDecided(ids: readonly BatchId[]): boolean {
    return this.live.every((p) => {
      const decided = new Set(p.decided.values());
      return ids.every((id) => decided.has(id));
    });
  }

  /** What a process has delivered: decided batches in order, each once, without no-ops, as the texts they carry. */
  delivered(number: number): string[] {
    const ids = [...this.process(number).decided.entries()].sort(([a], [b]) => a - b).map(([, id]) => id);
    return [...new Set(ids)].filter((id) => id !== NO_OP_ID).map((id) => this.texts.get(id) ?? id);
  }

  /** Fails when two processes have decided differently anywhere. */
  checkAgreement(): void {
    const chosen = new Map<Instance, BatchId>();
    for (const p of this.processes) {
      for (const [instance, id] of p.decided) {
        const other = chosen.get(instance);
        if (other !== undefined && other !== id)
          throw new Error(`instance ${String(instance)}: ${other} and ${id} are both decided`);
        chosen.set(instance, id);
      }
    }
  }

  /** Does everything that a process wants done, in the order that the core demands. */
  #drain(p: CoreProcess): void {
    const { core } = p;
    if (core === null) return;
    for (;;) {
      const effects = core.effects();
      this.#transmit(p, effects.messages);
      if (this.#crashes(p, 'before-persist')) return;
      p.disk.apply(effects.records);
      if (this.#crashes(p, 'before-votes')) return;
      this.#transmit(p, effects.votes);
      if (this.#crashes(p, 'before-delivery')) return;
      for (const { instance, batch } of effects.decided) this.#decide(p, instance, batch);
      p.readable.push(...effects.readable);
      p.notices.push(...effects.notices);
      for (const { to, from } of effects.supplies) this.#supply(p, to, from);
      core.step({ kind: 'durable' });
      if (effects.messages.length + effects.records.length + effects.votes.length + effects.decided.length === 0)
        return;
    }
  }

  #crashes(p: CoreProcess, point: CrashPoint): boolean {
    if (!this.crashAt(p.number, point)) return false;
    this.crash(p.number);
    return true;
  }

  #decide(p: CoreProcess, instance: Instance, batch: Batch): void {
    const before = p.decided.get(instance);
    if (before !== undefined && before !== batch.id)
      throw new Error(`process ${String(p.number)} decided ${before}, then ${batch.id}`);
    p.decided.set(instance, batch.id);
    this.checkAgreement();
  }

  #supply(p: CoreProcess, to: ProcessId, from: Instance): void {
    if (p.core === null) return;
    const batches: Batch[] = [];
    for (let i = from; i < p.core.watermark && batches.length < 64; i = after(i)) {
      batches.push(p.disk.batchAt(i));
    }
    this.#transmit(p, [{ to, message: { kind: 'decided', from, batches, watermark: p.core.watermark } }]);
  }

  #transmit(p: CoreProcess, outgoing: readonly Outgoing[]): void {
    for (const { to, message } of outgoing) {
      const receivers =
        to === EVERYONE
          ? this.processes.filter((other) => other !== p)
          : this.processes.filter((other) => other.id === to);
      for (const receiver of receivers) {
        const inTransit = { from: p.number, to: receiver.number, message };
        this.sent.push({ ...inTransit, at: this.now });
        if (this.loss(inTransit)) continue;
        for (const delay of this.copies()) this.#network.push({ ...inTransit, due: this.now + delay });
      }
    }
  }
}
