import type { Mode } from '../../lib/consensus/mode.js';
import type { BatchId } from '../../lib/model/batch.js';
import { defaults } from '../../lib/model/settings.js';
import type { View } from '../../lib/model/view.js';
import { CoreGroup, DELAYS_A_TICK } from './core-group.js';
import { none } from './losses.js';
import { seededRandom } from './seeded-random.js';

/** For how many message delays the faults last, and how long the group may need to recover from them afterwards. */
const FAULTY_DELAYS = 1_500;
const RECOVERY_DELAYS = 200 * DELAYS_A_TICK;

/** A group under random faults, all from one seed. Fails when something happens that must never happen. */
class FaultyGroup {
  readonly group: CoreGroup;
  readonly #random: () => number;
  /** Links that are cut at the moment, each as sender and receiver. */
  #cuts: readonly (readonly [number, number])[] = [];
  /** Batches whose proposers have lived on and not seen them decided yet. */
  readonly #outstanding = new Map<BatchId, number>();
  readonly #acknowledged: BatchId[] = [];
  /** What was decided anywhere when a read was asked for. */
  readonly #reads = new Map<number, number>();
  #ticket = 0;

  constructor(n: number, mode: Mode, seed: number, lie: (view: View) => void) {
    this.#random = seededRandom(seed);
    this.group = new CoreGroup(n, { mode, seed }).found();
    for (const { disk } of this.group.processes) for (const { view } of disk.views) lie(view);
  }

  run(): void {
    this.#makeFaulty();
    const { group } = this;
    const proposers = 1 + this.#below(group.n);
    const restartRate = this.#either(0.01, 0.3);
    const cutRate = this.#either(0, 0.01);
    for (let delay = 0; delay < FAULTY_DELAYS; delay += 1) {
      for (const { number, core } of group.processes) {
        if (core === null && this.#random() < restartRate) this.#restart(number);
        if (core !== null && number <= proposers && this.#random() < 0.1 && this.#mayPropose(number))
          this.#propose(number);
        if (core !== null && this.#random() < 0.01) this.#read(number);
      }
      if (this.#random() < cutRate) this.#cut();
      group.step();
      if (delay % 50 === 0) this.#acknowledge();
    }
    this.#acknowledge();
  }

  /** The faults end, everybody comes back, and then everything is decided everywhere and every read is served. */
  recover(): void {
    const { group } = this;
    group.loss = none;
    group.copies = () => [1];
    group.crashAt = () => false;
    group.commitDelays = () => 0;
    for (const { number, core } of group.processes) if (core === null) this.#restart(number);
    for (const { number } of group.processes) this.#read(number);
    const ids = [...this.#outstanding.keys(), ...this.#acknowledged];
    group.runUntil(() => group.everyoneHasDecided(ids), RECOVERY_DELAYS);
    const last = this.#propose(1);
    group.runUntil(() => group.everyoneHasDecided([last]) && this.#servesReads(), RECOVERY_DELAYS);
    // A batch whose proposer has died may still be on its way, and is decided here a little earlier than there.
    const logs = () => new Set(group.processes.map(({ number }) => group.delivered(number).join()));
    group.runUntil(() => logs().size === 1, RECOVERY_DELAYS);
  }

  #makeFaulty(): void {
    const { group } = this;
    const lossRate = this.#either(0, 0.3 * this.#random());
    const crashRate = this.#either(0, 0.002 * this.#random());
    const copyRate = this.#either(0, 0.3 * this.#random());
    const lateRate = this.#either(0, 0.02);
    const spread = 1 + this.#below(this.#either(12, 60));
    const commitMax = this.#either(1, 30);
    const delay = () => 1 + this.#below(this.#random() < lateRate ? 600 : spread);
    group.loss = (m) => this.#random() < lossRate || this.#cuts.some(([a, b]) => a === m.from && b === m.to);
    group.copies = () => (this.#random() < copyRate ? [delay(), delay()] : [delay()]);
    group.crashAt = () => this.#random() < crashRate;
    group.commitDelays = () => this.#below(commitMax);
  }

  /** Mends what is cut, or cuts links: single ones, all to a process or all from one. */
  #cut(): void {
    const { processes, n } = this.group;
    const [a, b] = [1 + this.#below(n), 1 + this.#below(n)];
    const kind = this.#random();
    if (kind < 0.4) this.#cuts = [];
    else if (kind < 0.6) this.#cuts = [...this.#cuts, [a, b]];
    else
      this.#cuts = [
        ...this.#cuts,
        ...processes.map(({ number }) => (kind < 0.8 ? ([a, number] as const) : ([number, a] as const))),
      ];
  }

  #mayPropose(number: number): boolean {
    return this.group.process(number).inFlight.length < defaults.batchesInFlightMax;
  }

  #propose(number: number): BatchId {
    const id = this.group.propose(number, `${String(this.#outstanding.size)} at ${String(this.group.now)}`);
    this.#outstanding.set(id, number);
    return id;
  }

  #read(number: number): void {
    this.#ticket += 1;
    this.#reads.set(this.#ticket, Math.max(...this.group.processes.map((p) => p.decided.size)));
    this.group.read(number, this.#ticket);
  }

  /** Whether the reads of all who live have been served. Fails when one of them is stale. */
  #servesReads(): boolean {
    let served = 0;
    for (const { number, readable } of this.group.processes) {
      for (const { ticket, decided } of readable) {
        const known = this.#reads.get(ticket) ?? 0;
        if (decided < known)
          throw new Error(
            `process ${String(number)} reads after ${String(decided)} instead of ${String(known)} decisions`,
          );
        if (ticket > this.#ticket - this.group.n) served += 1;
      }
    }
    return served === this.group.n;
  }

  #acknowledge(): void {
    for (const [id, number] of this.#outstanding) {
      if (!this.group.hasDecided(number, id)) continue;
      this.#outstanding.delete(id);
      this.#acknowledged.push(id);
    }
  }

  /** What a process proposed before it crashed may be decided or not: its callers are dead. */
  #restart(number: number): void {
    this.#acknowledge();
    for (const [id, proposer] of this.#outstanding) if (proposer === number) this.#outstanding.delete(id);
    this.group.restart(number);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #either<T>(one: T, other: T): T {
    return this.#random() < 0.5 ? one : other;
  }
}

/**
 * Loss, duplication, reordering, late messages, slow commits, links cut one way or both, crashes at every point of a turn
 * and restarts. Throws, naming the seed, when the group does anything that it must not, or does not recover. `lie` may
 * make the views of the processes say what is not so.
 */
export function surviveFaults(n: number, mode: Mode, seed: number, lie: (view: View) => void = () => undefined): void {
  try {
    const faulty = new FaultyGroup(n, mode, seed, lie);
    faulty.run();
    faulty.recover();
  } catch (error) {
    throw new Error(`n = ${String(n)}, mode ${mode}, seed ${String(seed)}`, { cause: error });
  }
}
