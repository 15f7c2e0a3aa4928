import type { StateMachine } from '../machine/state-machine.js';
import { majorityOf } from './checkers/votes.js';
import { completeKeyFiles } from './last-rotation.js';
import type { SimulatedProcess } from './process.js';
import type { Random } from './random.js';
import { isSoundFounder, standsWith } from './standing-majority.js';
import { type TroubleKind, troubles } from './troubles.js';
import { type Climate, FAIR } from './weather.js';
import type { World } from './world.js';

/** How often something happens and how long it lasts, both on average; the values are random. */
export interface Schedule {
  readonly perSecond: number;
  readonly lastsMs: number;
}

/** The faults of a run. */
export interface Adversity {
  readonly climate: Climate;
  readonly troubles: Partial<Readonly<Record<TroubleKind, Schedule>>>;
  /** How long a process stays down, on average. */
  readonly downMs: number;
  /** How long a commit takes, on average. */
  readonly commitUs: number;
  /** Whether members are replaced and lose their disks, so that the founders matter no more than others. */
  readonly isChurning: boolean;
}

/** Sees to it that everything goes wrong, for a time; then, that a majority is left in peace. */
export class Nemesis<S extends StateMachine> {
  readonly #world: World<S>;
  readonly #adversity: Adversity;
  readonly #random: Random;
  readonly #remedies = new Set<() => void>();
  #isOver = false;
  #survivors: readonly SimulatedProcess<S>[] = [];

  constructor(world: World<S>, adversity: Adversity, random: Random) {
    this.#world = world;
    this.#adversity = adversity;
    this.#random = random;
  }

  /** Starts all processes, each at a moment of its own, and then the troubles. */
  begin(): void {
    const world = this.#world;
    world.onGoDown((process) => {
      this.#tend(process);
    });
    world.weather.climate = this.#adversity.climate;
    for (const process of world.processes) {
      process.diskBehavior.usualUs = this.#adversity.commitUs;
      process.diskBehavior.commitUsMean = this.#adversity.commitUs;
      world.after(this.#random.below(100_000), () => {
        if (process.life === null && process.mayStart) process.start();
      });
    }
    for (const [kind, schedule] of Object.entries(this.#adversity.troubles)) this.#await(kind as TroubleKind, schedule);
  }

  /**
   * The faults end for at least a majority of the processes whose disks can be relied on, and for every process that rejoins
   * without its votes and is not chosen to stay down. Returns these processes: they must complete everything.
   */
  end(): readonly SimulatedProcess<S>[] {
    const world = this.#world;
    this.#isOver = true;
    world.weather.climate = FAIR;
    // First, for a disk that stood still and goes on must not fail now.
    for (const process of world.processes) process.endFaults();
    for (const remedy of this.#remedies) remedy();
    completeKeyFiles(world);
    this.#remedies.clear();
    const survivors = this.#adversity.isChurning ? this.#survivorsOfChurn() : this.#survivorsOfFaults();
    this.#survivors = survivors;
    for (const process of world.processes) {
      if (!survivors.includes(process)) process.crash();
      else if (process.life === null) process.start();
    }
    return survivors;
  }

  #survivorsOfFaults(): readonly SimulatedProcess<S>[] {
    const world = this.#world;
    const sound = world.processes.filter((process) => isSoundFounder(process));
    const isFounded = world.processes.every(({ hasBeenUp }) => hasBeenUp);
    // A majority of the first view may be none of the latest, or of one that is still to be decided.
    const needsAll = !isFounded || this.#adversity.troubles['change of members'] !== undefined;
    const count = needsAll || this.#random.chance(0.7) ? sound.length : majorityOf(world.processes.length);
    const members = this.#random.sample(sound, count);
    const others = world.processes.filter((process) => !sound.includes(process) && process.recovers);
    return [...members, ...others.filter(() => this.#random.chance(0.8))];
  }

  /** Any that the group can do without may stay down, as long as nobody has asked for a change whose outcome is open. */
  #survivorsOfChurn(): readonly SimulatedProcess<S>[] {
    const world = this.#world;
    let survivors = world.processes;
    if (world.processes.some(({ hasBeenUp, isSpare }) => !hasBeenUp && !isSpare)) return survivors;
    for (const process of this.#random.sample(world.processes, world.processes.length)) {
      const others = survivors.filter((other) => other !== process);
      if (this.#random.chance(0.5) && world.watch.openChanges.areNone && standsWith(world, others)) survivors = others;
    }
    return survivors;
  }

  #await(kind: TroubleKind, schedule: Schedule): void {
    this.#world.after(Math.round(this.#random.exponential(1e6 / schedule.perSecond)), () => {
      if (this.#isOver) return;
      this.#make(kind, schedule);
      this.#await(kind, schedule);
    });
  }

  #make(kind: TroubleKind, { lastsMs }: Schedule): void {
    const world = this.#world;
    const random = this.#random;
    const victim = this.#victim();
    const lastsUs = Math.round(random.exponential(lastsMs * 1_000));
    const mayLose = (process: SimulatedProcess<S>): boolean => this.#mayLose(process);
    const remedy = troubles[kind]({ world, random, victim, lastsUs, mayLose });
    if (remedy === undefined) return;
    world.happened(kind);
    world.log.note('', kind, lastsUs, () => `at ${victim.name}, ${Math.round(lastsUs / 1_000)} ms`);
    if (remedy === null) return;
    this.#remedies.add(remedy);
    world.after(lastsUs, () => {
      if (!this.#remedies.delete(remedy)) return;
      remedy();
      world.log.note('', 'the end of', lastsUs, () => `${kind} at ${victim.name}`);
    });
  }

  #victim(): SimulatedProcess<S> {
    const { processes } = this.#world;
    const coordinator = processes.find(({ coordinates }) => coordinates);
    return coordinator !== undefined && this.#random.chance(0.4) ? coordinator : this.#random.pick(processes);
  }

  /** Only founders that have founded: before, one that is lost for good keeps the others waiting. */
  #mayLose(victim: SimulatedProcess<S>): boolean {
    const { processes, watch } = this.#world;
    if (processes.some(({ hasBeenUp, isSpare }) => !hasBeenUp && !isSpare)) return false;
    if (victim.isLost && !victim.recovers) return false;
    // A change that is asked for may make a view in which it counts.
    if (!watch.openChanges.areNone) return false;
    return standsWith(
      this.#world,
      processes.filter((process) => process !== victim),
    );
  }

  /** A process that has gone down is started again after a while, whether its disk was damaged or not. */
  #tend(process: SimulatedProcess<S>): void {
    if (this.#isOver) {
      // Its operator starts the process again, and then it rejoins under a new id, without a vote.
      if (process.beginsAnew && this.#survivors.includes(process)) this.#world.after(1_000, () => process.start());
      return;
    }
    this.#world.after(1 + Math.round(this.#random.exponential(this.#adversity.downMs * 1_000)), () => {
      if (!this.#isOver && process.life === null && process.mayStart) process.start();
    });
  }
}
