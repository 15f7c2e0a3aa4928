import { pino, type Logger } from 'pino';

import type { Mode } from '../consensus/mode.js';
import { MemoryDisk, type DiskWrite } from '../ledger/memory-ledger.js';
import { ReplicatedStateMachine } from '../machine/replicated-state-machine.js';
import type { StateMachine } from '../machine/state-machine.js';
import { InvariantViolation, TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import { AsynchronousPersistentQueue } from '../queue/queue.js';
import { Clock } from './clock.js';
import { damage } from './damage.js';
import { Life } from './life.js';
import { WatchedLedger, WatchedQueue, WatchedTransport, watchedReceiver } from './ports.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** How a disk behaves. */
export interface DiskManners {
  /** A commit takes at least so long, and on average so much longer. */
  commitUsMin: number;
  commitUsMean: number;
  /** The same where nothing is the matter with it. */
  usualUs: number;
  /** Why every commit fails; null while none does. */
  fault: Error | null;
}

/** What a process did wrong may be the doing of faults that were injected into it. */
export interface Excuses {
  /** Commits were made to fail. */
  failedCommit: boolean;
  /** What its disk holds was damaged. */
  damagedDisk: boolean;
}

/** One process of a world: a disk that outlives it, and, while it runs, a queue and a machine. */
export class SimulatedProcess<S extends StateMachine> {
  readonly name: string;
  readonly clock: Clock;
  readonly manners: DiskManners = { commitUsMin: 100, commitUsMean: 100, usualUs: 100, fault: null };
  readonly excuses: Excuses = { failedCommit: false, damagedDisk: false };
  id: ProcessId;
  disk: MemoryDisk;
  /** Its disk is gone, or what it held cannot be relied on: as the member that it was, it never comes back. */
  isLost = false;
  /** It has been ready once, so that its group is founded. */
  hasBeenUp = false;
  /** What its disk holds keeps it from starting. */
  #isBroken = false;
  coordinates = false;
  #tears = false;
  readonly #world: World<S>;
  readonly #random: Random;
  #life: Life<S> | null = null;
  /** What ends the commits that a disk that stands still has not ended; null while it moves. */
  #held: (() => void)[] | null = null;

  constructor(
    world: World<S>,
    readonly index: number,
    readonly mode: Mode,
  ) {
    this.#world = world;
    this.#random = world.random.fork();
    this.name = `p${index + 1}`;
    this.clock = new Clock(() => world.nowUs, START_MS);
    this.disk = this.#newDisk();
    this.id = this.#newIdentity();
  }

  /** The life under way; null while the process is down. */
  get life(): Life<S> | null {
    return this.#life;
  }

  /** Whether it is of any use to start it. */
  get mayStart(): boolean {
    return !this.#isBroken;
  }

  /** Null while it is down or still coming up. */
  get machine(): ReplicatedStateMachine<S> | null {
    return this.#life?.machine ?? null;
  }

  start(): void {
    const life = new Life(this, this.#world);
    this.#life = life;
    this.#world.log.note(this.name, 'starts', 0, () => '');
    life.awaiting(this.#open(life)).catch((error: unknown) => this.#stopped(life, error));
  }

  /**
   * The power fails, or the process is killed. A commit under way is lost, unless it happens to have reached the disk;
   * nobody is told of either.
   */
  crash(landsOnDisk = this.#random.chance(0.5)): void {
    const life = this.#life;
    if (life === null) return;
    const { log, watch } = this.#world;
    log.note(this.name, 'crashes', landsOnDisk ? 1 : 0, () =>
      life.underWay === null || !landsOnDisk ? '' : 'with its commit on the disk',
    );
    if (landsOnDisk && life.underWay !== null) watch.durable(this, life.underWay);
    this.#end(life);
    this.disk.crash(landsOnDisk);
  }

  /** A new disk takes the place of the old one: who starts on it is somebody else. */
  loseDisk(): void {
    this.crash();
    this.isLost = true;
    this.disk = this.#newDisk();
    this.id = this.#newIdentity();
  }

  /** The next commit will reach the disk but for a piece of one of its records, and the process crash of it. */
  tearNextCommit(): void {
    this.excuses.damagedDisk = true;
    this.#tears = true;
  }

  /** The disk stands still: from now on no commit ends, until `releaseDisk`. */
  holdDisk(): void {
    this.#held ??= [];
  }

  releaseDisk(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const end of held) end();
  }

  /** Ends the life in good order. */
  async close(): Promise<void> {
    const life = this.#life;
    await life?.machine?.close();
    if (life !== null) this.#end(life);
  }

  async #open(life: Life<S>): Promise<void> {
    const world = this.#world;
    const { queueId, replicas, initialState } = world.scene;
    const owner = { world, process: this, life };
    const options = { directory: this.name, replicas, mode: this.mode, log: this.#loggerOf(life) };
    const queue = await AsynchronousPersistentQueue.open(queueId, options, {
      openLedger: () => new WatchedLedger(this.disk.open(queueId), owner),
      openTransport: async (self, receiver, log) => {
        const inner = world.network.open({ queueId, self, receiver: watchedReceiver(owner, receiver), log });
        life.transport = inner;
        return new WatchedTransport(inner, owner);
      },
      scheduler: life.scheduler(),
    });
    life.queue = queue;
    queue.closed.catch((cause: unknown) => this.#stopped(life, cause));
    const state = initialState();
    const machine = await ReplicatedStateMachine.create(state, new WatchedQueue(queue, owner, state));
    if (!life.isAlive) return;
    life.machine = machine;
    this.hasBeenUp = true;
    world.log.note(this.name, 'is up', life.position, () => `after ${life.position} operations`);
    world.cameUp(this);
  }

  /** The product has given up by itself: for a reason that was given to it, or wrongly. */
  #stopped(life: Life<S>, cause: unknown): void {
    if (!life.isAlive) return;
    const { log } = this.#world;
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    log.note(this.name, 'stops', 0, () => text);
    this.#end(life);
    this.disk.crash(false);
    const code = cause instanceof TreplicaError ? cause.code : null;
    if (cause instanceof InvariantViolation) log.violate('invariants of the product', `${this.name}: ${text}`);
    else if (code === 'LEDGER_DAMAGED' && this.excuses.damagedDisk) this.#isBroken = this.isLost = true;
    else if (code !== 'LEDGER_FAILED' || !this.excuses.failedCommit)
      log.violate('survival', `${this.name} has stopped: ${text}`);
  }

  #end(life: Life<S>): void {
    life.end();
    if (this.#life === life) this.#life = null;
    this.coordinates = false;
    this.#world.wentDown(this);
  }

  #newDisk(): MemoryDisk {
    return new MemoryDisk((write) => this.#write(write));
  }

  /** The id is on the disk from the beginning, so that it comes from the seed. */
  #newIdentity(): ProcessId {
    const digits = Array.from({ length: 16 }, () => this.#random.below(16).toString(16));
    const process = digits.join('') as ProcessId;
    const ledger = this.disk.open(this.#world.scene.queueId);
    ledger.load();
    ledger.commit([{ kind: 'identity', process, incarnation: 1 }], () => undefined);
    void ledger.close();
    return process;
  }

  #write(write: DiskWrite): void {
    const life = this.#life;
    if (life === null) {
      write.complete();
      return;
    }
    const { commitUsMin, commitUsMean } = this.manners;
    const takesUs = commitUsMin + Math.floor(this.#random.exponential(commitUsMean));
    const end = (): void => {
      if (this.#held === null) life.enter(() => this.#finish(write, life));
      else this.#held.push(end);
    };
    this.#world.after(takesUs, end);
  }

  #finish(write: DiskWrite, life: Life<S>): void {
    const { fault } = this.manners;
    if (fault !== null) this.#failCommit(write, life, fault);
    else if (this.#tears) this.#tear(life);
    else {
      // Here it is on the disk, and nobody knows.
      life.callsUntilCrash -= 1;
      if (life.callsUntilCrash > 0) write.complete();
      else this.crash(true);
    }
  }

  #failCommit(write: DiskWrite, life: Life<S>, fault: Error): void {
    this.excuses.failedCommit = true;
    const lands = this.#random.chance(0.5);
    if (lands && life.underWay !== null) this.#world.watch.durable(this, life.underWay);
    write.fail(fault, lands);
  }

  #tear(life: Life<S>): void {
    this.#tears = false;
    const written = life.underWay;
    this.crash(true);
    if (written === null) return;
    const what = damage(this.disk.file(this.#world.scene.queueId), 'torn write', this.#random, written);
    this.#world.log.note(this.name, 'has torn', 0, () => what ?? '');
  }

  #loggerOf(life: Life<S>): Logger {
    const write = (line: string): void => {
      if (life.isAlive) this.#tell(line);
    };
    return pino({ level: 'info', base: null, timestamp: false }, { write });
  }

  #tell(line: string): void {
    const { msg } = JSON.parse(line) as { msg: string };
    if (msg === 'this process coordinates') this.coordinates = true;
    if (msg === 'this process coordinates no longer') this.coordinates = false;
    // Not the length of the line: an error in it brings its stack, which says where the program lies.
    this.#world.log.note(this.name, 'logs', msg.length, () => line.trim());
  }
}

/** When every world begins, in milliseconds since 1970. */
const START_MS = Date.UTC(2000, 0, 1);
