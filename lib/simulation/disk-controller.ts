import type { DiskWrite } from '../ledger/memory/disk-write.js';
import { MemoryDisk } from '../ledger/memory/memory-ledger.js';
import type { StateMachine } from '../machine/state-machine.js';
import { constants } from '../model/constants.js';
import { damage } from './damage.js';
import type { Random } from './random.js';
import type { ActingLife, ActingProcess, Stage } from './stage.js';
import type { Watch } from './watch.js';

/** How a disk behaves. */
export interface DiskBehavior {
  /** A commit takes at least so long, and on average so much longer. */
  commitUsMin: number;
  commitUsMean: number;
  /** The same where nothing is the matter with it. */
  usualUs: number;
  /** To write a chunk of a checkpoint takes so long on average. */
  chunkUsMean: number;
  /** Why every write fails; null while none does. */
  fault: Error | null;
  /** The same of checkpoints alone. */
  checkpointFault: Error | null;
}

/** Decides when what a process writes is on its disk, and whether. */
export class DiskController<S extends StateMachine> {
  readonly behavior: DiskBehavior = {
    commitUsMin: 100,
    commitUsMean: 100,
    usualUs: 100,
    chunkUsMean: 100,
    fault: null,
    checkpointFault: null,
  };
  readonly #stage: Stage<S>;
  readonly #watch: Watch<S>;
  readonly #process: ActingProcess<S>;
  readonly #random: Random;
  #tears = false;
  #isAtOnce = false;
  /** The actions that end the writes of a disk that stands still; null while it moves. */
  #held: (() => void)[] | null = null;

  constructor(stage: Stage<S>, watch: Watch<S>, process: ActingProcess<S>, random: Random) {
    this.#stage = stage;
    this.#watch = watch;
    this.#process = process;
    this.#random = random;
  }

  newDisk(): MemoryDisk {
    const segmentInstances = this.#stage.scene.checkpoint?.segmentInstances ?? constants.segmentInstances;
    const onCheckpointWrite = (write: DiskWrite): void => this.#writeCheckpoint(write);
    return new MemoryDisk((write) => this.#commit(write), { segmentInstances, onCheckpointWrite });
  }

  /** Commits made by `action` are durable at once. */
  atOnce(action: () => void): void {
    this.#isAtOnce = true;
    action();
    this.#isAtOnce = false;
  }

  /** The disk stands still: from now on no write ends, until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const end of held) end();
  }

  /** The next commit will reach the disk but for a piece of one of its records, and the process crash of it. */
  tearNextCommit(): void {
    this.#process.damage.isOfVotes = true; // From now on, so that no majority is ever torn at a time.
    this.#tears = true;
  }

  /** From now on nothing fails. */
  endFaults(): void {
    this.behavior.fault = this.behavior.checkpointFault = null;
    this.#tears = false;
  }

  #commit(write: DiskWrite): void {
    const { commitUsMin, commitUsMean } = this.behavior;
    this.#begin(write, commitUsMin + Math.floor(this.#random.exponential(commitUsMean)), (life) => {
      if (this.behavior.fault !== null) this.#failCommit(write, life, this.behavior.fault);
      else if (this.#tears) this.#tear(life);
      else this.#complete(write, life);
    });
  }

  #writeCheckpoint(write: DiskWrite): void {
    this.#begin(write, Math.floor(this.#random.exponential(this.behavior.chunkUsMean)), (life) => {
      const fault = this.behavior.fault ?? this.behavior.checkpointFault;
      if (fault === null) this.#complete(write, life);
      else {
        this.#process.expectedFailures.hasFailedCommit = true;
        write.fail(fault, this.#random.chance(0.5));
      }
      this.#stage.stir();
    });
  }

  #begin(write: DiskWrite, takesUs: number, finish: (life: ActingLife<S>) => void): void {
    const { life } = this.#process;
    if (life === null || this.#isAtOnce) {
      write.complete();
      return;
    }
    const end = (): void => {
      if (this.#held === null) life.enter(() => finish(life));
      else this.#held.push(end);
    };
    this.#stage.after(takesUs, end);
  }

  #complete(write: DiskWrite, life: ActingLife<S>): void {
    // Here it is on the disk, and nobody knows.
    life.callsUntilCrash -= 1;
    if (life.callsUntilCrash > 0) write.complete();
    else this.#process.crash(true);
  }

  #failCommit(write: DiskWrite, life: ActingLife<S>, fault: Error): void {
    this.#process.expectedFailures.hasFailedCommit = true;
    const lands = this.#random.chance(0.5);
    if (lands && life.underWay !== null) this.#watch.durable(this.#process, life.underWay);
    write.fail(fault, lands);
  }

  #tear(life: ActingLife<S>): void {
    this.#tears = false;
    const process = this.#process;
    process.damage.isOfVotes = process.expectedFailures.hasDamagedDisk = true;
    const written = life.underWay;
    process.crash(true);
    if (written === null) return;
    const what = damage(process.disk.file(this.#stage.scene.queueId), 'torn write', this.#random, written);
    this.#stage.log.note(process.name, 'has torn', 0, () => String(what ?? ''));
  }
}
