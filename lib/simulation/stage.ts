/**
 * The facts that a part of a simulated world is handed of the rest of it. The parts know these facts and not one
 * another; only a process and the world join them.
 */
import type { MemoryDisk } from '../ledger/memory/memory-ledger.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { ProcessId } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import type { WireMessage } from '../paxos/wire/routes.js';
import type { StateHolder, StateKeeper } from '../queue/state-holder.js';
import type { Held } from './checkers/reference.js';
import type { Clock } from './clock.js';
import type { EventLog } from './event-log.js';
import type { SimulatedKeyFile } from './key-file.js';
import type { OutstandingDamage } from './outstanding-damage.js';
import type { Random } from './random.js';
import type { Scene } from './scene.js';

/** The world: its time, its randomness and its log. */
export interface Stage<S extends StateMachine> {
  readonly scene: Scene<S>;
  readonly random: Random;
  readonly log: EventLog;
  /** Since the beginning. */
  readonly nowUs: number;
  /** The time that a clock shows which has always been right, in milliseconds since 1970. */
  readonly timeMs: number;
  /** The name of a process in words. */
  readonly nameOf: (id: ProcessId) => string;
  after(us: number, action: () => void): void;
  /** The last event may have settled a promise: the code that awaits it continues before time does. */
  stir(): void;
  /** Runs operations of the application, which take randomness and time from the world as well. */
  executing(clock: Clock | null, action: () => void): void;
}

/** The facts that the checkers ask of a process. */
export interface ProcessFacts<S extends StateMachine> {
  readonly name: string;
  /** Its name as the one that it is by now. */
  readonly label: string;
  readonly index: number;
  readonly id: ProcessId;
  readonly disk: MemoryDisk;
  readonly damage: OutstandingDamage;
  readonly keyFile: SimulatedKeyFile;
  /** Its disk is gone, or what it held cannot be relied on: as the member that it was, it never comes back. */
  readonly isLost: boolean;
  /** Its directory is that of an earlier start, and it has not noticed yet. */
  readonly isPutBack: boolean;
  /** Whether it comes back when its votes are lost, without a vote. */
  readonly recovers: boolean;
  /** The life under way; null while the process is down. */
  readonly life: LifeFacts<S> | null;
}

/** The facts that the checkers ask of a life of a process, from a start to a crash or stop. */
interface LifeFacts<S extends StateMachine> {
  /** Null until it is ready. */
  readonly machine: object | null;
  /** The state holder to which the machine's queue is bound. */
  readonly replica: SavedHolder<S> | null;
  /** Operations executed in this life. */
  readonly position: number;
}

/** The faults that were injected into a process: they may be why it did something wrong. */
export interface ExpectedFailures {
  /** Commits were made to fail. */
  hasFailedCommit: boolean;
  /** The records on its disk were damaged. */
  hasDamagedDisk: boolean;
}

/** Where a crash lies in wait: at a call that makes or takes a checkpoint, or at one that hands a chunk to another process. */
export type Ambush = 'checkpoint' | 'source';

/** A process as its ports and its disk see it, and act on it. */
export interface ActingProcess<S extends StateMachine> extends ProcessFacts<S> {
  readonly clock: Clock;
  readonly expectedFailures: ExpectedFailures;
  /** Kinds of messages that it does not hear. */
  readonly deafTo: ReadonlySet<WireMessage['kind']>;
  readonly life: ActingLife<S> | null;
  /** It is about to do what a crash may lie in wait for. */
  approach(at: Ambush): void;
  /**
   * The power fails, or the process is killed. A commit under way is lost, unless it has reached the disk (`landsOnDisk`; by chance, if
   * left out); nobody is told of either.
   */
  crash(landsOnDisk?: boolean): void;
}

/** A life of a process as its ports and its disk see it, and act on it. */
export interface ActingLife<S extends StateMachine> extends LifeFacts<S> {
  readonly isAlive: boolean;
  replica: SavedHolder<S> | null;
  position: number;
  /** The records of the commit under way. */
  underWay: readonly LedgerRecord[] | null;
  /** At the end of this many calls of ports the process crashes. */
  callsUntilCrash: number;
  /** The product calls a port. Returns false where the process is dead, of this very call perhaps. */
  call(): boolean;
  /** Has the process do something as soon as it can. Of what arrives meanwhile, a buffer of so many bytes keeps the first. */
  enter(action: () => void, arrivingBytes?: number): void;
  /** Passes on a promise of the product, and lets the world know that there is one. */
  awaiting<T>(promise: Promise<T>): Promise<T>;
  /** Resolves after a while, if the process is alive and awake then; otherwise when it wakes, or never. */
  later(us: number): Promise<void>;
}

/** A replica of a machine as its queue and the checkers see it. */
export interface SavedHolder<S extends StateMachine> extends StateHolder, Held<S> {
  readonly keeper: StateKeeper;
}
