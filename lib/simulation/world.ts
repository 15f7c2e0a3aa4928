import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Mode } from '../consensus/mode.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { ProcessId } from '../model/ids.js';
import type { CheckpointOptions } from '../queue/checkpoint-options.js';
import { Agenda } from './agenda.js';
import { MemoryNetwork } from '../transport/memory/memory-network.js';
import type { Invariants } from './checkers/invariants.js';
import { START_MS, type Clock } from './clock.js';
import { EventLog } from './event-log.js';
import { LastWords } from './last-words.js';
import { SimulatedProcess } from './process.js';
import { Random } from './random.js';
import { Watch } from './watch.js';
import { Weather } from './weather.js';

/** How checkpoints are made. */
export interface Checkpointing extends Required<CheckpointOptions> {
  /** Chunks of checkpoints, and the pieces that states are saved in, are cut so small. */
  readonly chunkBytes: number;
  readonly pieceBytes: number;
  /** Of the log: as much of it is cut at a time. */
  readonly segmentInstances: number;
}

/** What a world is made of. */
export interface Scene<S extends StateMachine> {
  readonly seed: number;
  readonly queueId: string;
  readonly replicas: number;
  readonly mode: Mode;
  readonly initialState: () => S;
  readonly invariants: Invariants<S>;
  /** Whether processes come back when their votes are lost, without a vote; if left out, they do not. */
  readonly recover?: boolean | undefined;
  /** When states are saved and logs are cut; if left out, never. */
  readonly checkpoint?: Checkpointing | undefined;
  /** Processes that tables of delivered batches know; if left out, as many as always. */
  readonly deliveryRowsMax?: number | undefined;
  /** What is larger takes the bulk lane; if left out, as on loopback. */
  readonly maxDatagramBytes?: number | undefined;
  /** Keeps what happens in words. */
  readonly isTraced: boolean;
}

/**
 * A deterministic world: the product's consensus, driver, queue and machine, as they are, on networks, disks and clocks
 * in memory, in a time that passes from one event to the next. Whatever is left to chance comes from one seed, so that
 * the same seed and the same code make the same run, event by event.
 */
export class World<S extends StateMachine> {
  readonly random: Random;
  readonly log: EventLog;
  readonly watch: Watch<S>;
  readonly weather: Weather;
  readonly network: MemoryNetwork;
  readonly lastWords = new LastWords();
  readonly processes: readonly SimulatedProcess<S>[];
  /** Faults that have happened, by kind. */
  readonly faults = new Map<string, number>();
  /** Told whenever a process is ready to execute operations. */
  cameUp: (process: SimulatedProcess<S>) => void = () => undefined;
  /** Told whenever one is so no longer. */
  wentDown: (process: SimulatedProcess<S>) => void = () => undefined;
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
    this.network = new MemoryNetwork(this.#agenda.add, this.weather.fate);
    this.processes = Array.from({ length: scene.replicas }, (_, i) => new SimulatedProcess(this, i, scene.mode));
    this.watch = new Watch(this);
  }

  /** Since the beginning. */
  get nowUs(): number {
    return this.#agenda.nowTick;
  }

  /** What a clock that has always been right shows, in milliseconds since 1970. */
  get timeMs(): number {
    return START_MS + this.nowUs / 1_000;
  }

  readonly nameOf = (id: ProcessId): string => this.#names.get(id) ?? id.slice(0, 6);

  /** From now on a process has this name in words. */
  name(id: ProcessId, name: string): void {
    this.#names.set(id, name);
  }

  after(us: number, action: () => void): void {
    this.#agenda.add(action, us);
  }

  /** What has just happened may have settled a promise: whoever waits for it goes on before time does. */
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

  /** Runs operations of the application, for whom chance and time come from the world as well. */
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
