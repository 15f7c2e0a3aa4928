import type { Effects } from '../../lib/consensus/effects.js';
import type { Message, MessageKind, MessageOf } from '../../lib/consensus/messages.js';
import type { Batch, BatchId, ValueKind } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import { after, type Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { type KeyChange, packKeyChange } from '../../lib/sequence/key-change.js';
import { packChange } from '../../lib/sequence/view-change.js';
import { CoreChecker } from './core-checker.js';
import type { GroupOptions } from './core-group-options.js';
import { CoreNetwork, type InTransit, type Loss } from './core-network.js';
import { checkpointAt, CoreProcess, type ProcessOptions } from './core-process.js';
import { CoreTurns, type CrashPoint, type GroupEvent, type TurnHost } from './core-turns.js';
import { idOf } from './ids.js';
import { seededRandom } from './seeded-random.js';

/** How many message delays one tick of the protocol's clock lasts here. */
export const DELAYS_A_TICK = 20;

/**
 * A group of cores in memory. Time is counted in message delays: every message takes one. Faults are set by specs:
 * losses by a function, crashes by number. Processes are numbered from 1, in the order of their ids.
 */
export class CoreGroup implements TurnHost {
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
  readonly network = new CoreNetwork();
  /** Told of everything that happens; within a turn of what a process has noticed first, as that is why it does the rest. */
  observe: (process: number, event: GroupEvent) => void = () => {};
  readonly #options: GroupOptions;
  readonly #random: () => number;
  readonly #delaysATick: number;
  readonly #turns = new CoreTurns(this);

  constructor(
    readonly n: number,
    options: GroupOptions = {},
  ) {
    const { extra = 0, replicasOf = () => n, modeOf, seed = 1, votesAPromise } = options;
    this.checker = new CoreChecker(options.deliveryRowsMax);
    this.#options = options;
    this.#random = seededRandom(seed);
    this.#delaysATick = options.delaysATick ?? DELAYS_A_TICK;
    const parts = votesAPromise === undefined ? {} : { votesAPromise };
    this.processes = Array.from({ length: n + extra }, (_, i) => {
      const number = i + 1;
      const own = modeOf === undefined ? {} : { mode: modeOf(number) };
      return this.#newProcess(number, { replicas: replicasOf(number), ...own, ...parts });
    });
  }

  get deliveryRowsMax(): number | undefined {
    return this.#options.deliveryRowsMax;
  }

  /** Every message that left a process, with the delay at which it did. */
  get sent(): CoreNetwork['sent'] {
    return this.network.sent;
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
    return this.#propose(p, p.newValue(kind, Buffer.from(text), which));
  }

  /** A process proposes that these be the members, after the latest view that it knows. */
  changeView(number: number, members: readonly number[], which = 0): BatchId {
    const p = this.process(number);
    const follows = p.core?.views.latest.number ?? 0;
    const change = packChange({ follows, members: members.map((member) => idOf(member)) });
    return this.#propose(p, p.newValue('view', change, which));
  }

  /** A process proposes a change of the keys, after the latest state that it knows or `follows`. */
  changeKeys(number: number, change: Partial<KeyChange> & Omit<KeyChange, 'follows'>, which = 0): BatchId {
    const p = this.process(number);
    const follows = p.core?.keys.latest.number ?? 0;
    return this.#propose(p, p.newValue('engine', packKeyChange({ follows, ...change }), which));
  }

  propose(number: number, text: string): BatchId {
    const p = this.process(number);
    return this.#propose(p, p.newBatch(text));
  }

  read(number: number, ticket: number): void {
    const p = this.process(number);
    p.core?.step({ kind: 'read', ticket });
    this.#turns.drain(p);
  }

  /** Makes a process hear a message that nobody sent. */
  forge(from: number, to: number, message: Message): void {
    const p = this.process(to);
    p.core?.step({ kind: 'message', from: this.process(from).id, message });
    this.#turns.drain(p);
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
      this.#turns.install(p, p.disk.start);
      for (let i = p.disk.start; i < p.disk.watermark; i = after(i)) this.#turns.decide(p, i, p.disk.batchAt(i));
    }
  }

  /** A process that has lost its votes, or never had any, comes under a new id. Returns its number. */
  join(): number {
    const number = this.processes.length + 1;
    this.processes.push(this.#newProcess(number, { replicas: this.n, founds: false, observes: true }));
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
    for (const { from, to, message } of this.network.takeMessages(this.now)) {
      this.process(to).core?.step({ kind: 'message', from: this.process(from).id, message });
    }
    for (const { to, next } of this.network.takeCheckpoints(this.now)) this.#receive(this.process(to), next);
    for (const p of this.live) {
      if (p.commit !== null && p.commit.due <= this.now) this.#turns.finish(p, p.commit);
      this.#turns.drain(p);
    }
    if (this.now % this.#delaysATick === 0) this.tick();
  }

  /** The clocks of these processes tick. Default: those of all that live. */
  tick(...numbers: readonly number[]): void {
    const ticking = numbers.length === 0 ? this.live : numbers.map((number) => this.process(number));
    for (const p of ticking) {
      p.core?.step({ kind: 'tick', nowMs: this.timeMs + p.clockOffsetMs });
      this.#turns.drain(p);
    }
  }

  /** What a clock that is right shows, in milliseconds since 1970. */
  get timeMs(): number {
    return Date.UTC(2000, 0, 1) + (this.now * constants.tickMs) / this.#delaysATick;
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
    return this.network.isIdle && this.live.every((p) => p.commit === null);
  }

  /** Runs until nothing is under way any more, between two ticks. */
  settle(): void {
    this.runUntil(() => this.network.isIdle);
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

  #newProcess(number: number, own: Pick<ProcessOptions, 'replicas'> & Partial<ProcessOptions>): CoreProcess {
    const { mode = 'classic', deliveryRowsMax, borderOf, windowOf } = this.#options;
    const settings = { ...defaults, windowInstances: windowOf?.(number) ?? defaults.windowInstances };
    const borderInstances = borderOf?.(number) ?? constants.borderInstances;
    return new CoreProcess(number, {
      ...{ settings, borderInstances, mode, deliveryRowsMax, random: this.#random },
      ...own,
    });
  }

  #propose(p: CoreProcess, batch: Batch): BatchId {
    this.checker.proposed(batch);
    p.core?.step({ kind: 'proposal', batch });
    this.#turns.drain(p);
    return batch.id;
  }

  /** The receiver of a checkpoint goes on from it when it has nothing else to do. */
  #receive(p: CoreProcess, next: Instance): void {
    if (p.core === null || next <= Math.max(p.core.watermark, p.installation?.checkpoint.next ?? 0)) return;
    const maker = this.live.find((q) => q.core !== null && q.core.watermark >= next)?.core;
    const views = maker?.views.decidedBelow(next) ?? [];
    const keys = maker?.keys.decidedBelow(next) ?? [];
    p.installation = {
      checkpoint: checkpointAt(next),
      delivered: this.checker.checkpointed(next).delivered,
      views,
      keys,
    };
  }
}
