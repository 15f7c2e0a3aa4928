import { setImmediate as nextTurn } from 'node:timers/promises';

import type { StateMachine } from '../machine/state-machine.js';
import type { ProcessId } from '../model/ids.js';
import { MemoryNetwork, type Onlooker } from '../transport/memory/memory-network.js';
import { Agenda } from './agenda.js';
import { SealedFrames } from './checkers/sealed-frames.js';
import { type Clock, START_MS } from './clock.js';
import { EventLog } from './event-log.js';
import { wayBetween } from './geography.js';
import { LatestMessages } from './latest-messages.js';
import { SimulatedProcess, type Surroundings } from './process.js';
import { Random } from './random.js';
import type { Scene } from './scene.js';
import { Watch } from './watch.js';
import { Weather } from './weather.js';

type Listener<S extends StateMachine> = (process: SimulatedProcess<S>) => void;

/**
 * A deterministic world: the product's consensus, driver, queue and machine, as they are, on networks, disks and clocks in
 * memory, in a time that passes from one event to the next. All randomness comes from one seed, so that the same seed and the
 * same code make the same run, event by event.
 */
export class World<S extends StateMachine> implements Surroundings<S> {
  readonly random: Random;
  readonly log: EventLog;
  readonly watch: Watch<S>;
  readonly weather: Weather;
  readonly network: MemoryNetwork;
  /** What is sent and taken under keys. */
  readonly sealedFrames: SealedFrames;
  readonly latestMessages = new LatestMessages();
  readonly processes: readonly SimulatedProcess<S>[];
  /** Faults that have happened, by kind. */
  readonly faults = new Map<string, number>();
  readonly #upListeners: Listener<S>[] = [];
  readonly #downListeners: Listener<S>[] = [];
  /** One tick is a microsecond. */
  readonly #agenda = new Agenda();
  readonly #names = new Map<ProcessId, string>();
  readonly #chanceOfOperations: Random;
  #isStirred = false;

  constructor(readonly scene: Scene<S>) {
    this.random = new Random(scene.seed);
    this.#chanceOfOperations = this.random.fork();
    this.log = new EventLog(() => this.nowUs, scene.isTraced);
    this.weather = new Weather(
      this.random.fork(),
      () => this.nowUs,
      (fault) => this.happened(fault),
    );
    this.sealedFrames = new SealedFrames(this.nameOf, (what) => {
      this.log.violate('keys', what);
    });
    this.watch = new Watch(
      this,
      () => this.processes.map(({ clock }) => clock),
      (id) => this.processes.find((process) => process.id === id)?.keyFile,
    );
    const { keyRotation } = this.watch;
    const onlooker = keyRotation === null ? this.sealedFrames : both(this.sealedFrames, keyRotation);
    this.network = new MemoryNetwork(this.#agenda.add, this.weather.fate, onlooker);
    this.processes = Array.from(
      { length: scene.replicas + (scene.spares ?? 0) },
      (_, i) => new SimulatedProcess(this, i, scene.mode),
    );
    if (scene.ways !== undefined)
      this.weather.wayUs = wayBetween(scene.ways, (process) => this.processes.findIndex(({ id }) => id === process));
  }

  get nowUs(): number {
    return this.#agenda.nowTick;
  }

  get timeMs(): number {
    return START_MS + this.nowUs / 1_000;
  }

  readonly nameOf = (id: ProcessId): string => this.#names.get(id) ?? id.slice(0, 6);

  /** From now on a process has this name in words. */
  name(id: ProcessId, name: string): void {
    this.#names.set(id, name);
  }

  /** The listener is told whenever a process is ready to execute operations. Listeners are told in the order in which they were added. */
  onComeUp(listener: Listener<S>): void {
    this.#upListeners.push(listener);
  }

  /** The listener is told whenever a process has ended, whether it was ready or not. Listeners are told in the order in which they were added. */
  onGoDown(listener: Listener<S>): void {
    this.#downListeners.push(listener);
  }

  cameUp(process: SimulatedProcess<S>): void {
    for (const listener of this.#upListeners) listener(process);
  }

  wentDown(process: SimulatedProcess<S>): void {
    for (const listener of this.#downListeners) listener(process);
  }

  after(us: number, action: () => void): void {
    this.#agenda.add(action, us);
  }

  /** The last event may have settled a promise: the code that awaits it continues before time does. */
  stir(): void {
    this.#isStirred = true;
  }

  happened(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /**
   * Lets time pass until the condition holds, at most so long. Returns whether it holds; time stands still as soon as
   * something has happened that must not.
   */
  async until(condition: () => boolean, limitUs: number): Promise<boolean> {
    const endUs = this.nowUs + limitUs;
    this.after(limitUs, () => undefined);
    await nextTurn();
    while (!condition()) {
      if (this.nowUs >= endUs || this.log.violation !== null || !this.#agenda.next()) return false;
      if (this.#isStirred || this.#awaitsPromises()) {
        this.#isStirred = false;
        await nextTurn();
      }
    }
    return true;
  }

  async pass(us: number): Promise<void> {
    await this.until(() => false, us);
  }

  /** Runs operations of the application; their randomness and time come from the world as well. */
  executing(clock: Clock | null, action: () => void): void {
    const { random } = Math;
    const { now } = Date;
    Math.random = this.#chanceOfOperations.next;
    Date.now = () => Math.floor(clock?.now() ?? this.nowUs / 1_000);
    try {
      action();
    } finally {
      Math.random = random;
      Date.now = now;
    }
  }

  #awaitsPromises(): boolean {
    for (const { life } of this.processes) if (life !== null && life.pending > 0) return true;
    return false;
  }
}

function both(one: Onlooker, other: Onlooker): Onlooker {
  return {
    sent: (...what) => {
      one.sent(...what);
      other.sent(...what);
    },
    taken: (...what) => {
      one.taken(...what);
      other.taken(...what);
    },
    unfit: (...what) => {
      one.unfit(...what);
      other.unfit(...what);
    },
  };
}
