import type { ReplicatedStateMachine } from '../machine/replicated-state-machine.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { SavedHolder } from './watched-keeper.js';
import type { LedgerRecord } from '../model/records.js';
import type { AsynchronousPersistentQueue } from '../paxos/paxos-queue.js';
import type { Scheduler } from '../paxos/scheduler.js';
import type { Transport } from '../transport/transport.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

/**
 * One life of a process, from a start to a crash or stop: what was under way in one goes on in no later one. Whatever
 * makes the process act enters by it, so that a stalled one acts later and a dead one no more.
 */
export class Life<S extends StateMachine> {
  isAlive = true;
  queue: AsynchronousPersistentQueue | null = null;
  machine: ReplicatedStateMachine<S> | null = null;
  /** What the machine's queue is bound to. */
  replica: SavedHolder<S> | null = null;
  transport: Transport | null = null;
  /** The records of the commit under way. */
  underWay: readonly LedgerRecord[] | null = null;
  /** Operations executed in this life. */
  position = 0;
  /** Promises of the product that may be settled by any event, starts and reads among them. */
  pending = 0;
  /** At the end of this many calls of ports the process crashes. */
  callsUntilCrash = Infinity;
  readonly #process: SimulatedProcess<S>;
  readonly #world: World<S>;
  #stalledUntilUs = 0;
  #backlog: (() => void)[] = [];
  #backlogBytes = 0;

  constructor(process: SimulatedProcess<S>, world: World<S>) {
    this.#process = process;
    this.#world = world;
  }

  /** The process does nothing before then: what it is to do gathers. */
  stall(untilUs: number): void {
    const world = this.#world;
    this.#stalledUntilUs = Math.max(this.#stalledUntilUs, untilUs);
    world.after(untilUs - world.nowUs, () => this.#wake());
  }

  /** Has the process do something as soon as it can. Of what arrives meanwhile, a buffer of so many bytes keeps the first. */
  enter(action: () => void, arrivingBytes = 0): void {
    if (!this.isAlive) return;
    if (this.#stalledUntilUs <= this.#world.nowUs) {
      action();
      return;
    }
    this.#backlogBytes += arrivingBytes;
    if (arrivingBytes === 0 || this.#backlogBytes <= RECEIVE_BUFFER_BYTES) this.#backlog.push(action);
  }

  /** Passes on a promise of the product, and lets the world know that there is one. */
  async awaiting<T>(promise: Promise<T>): Promise<T> {
    this.pending += 1;
    try {
      return await promise;
    } finally {
      this.pending -= 1;
    }
  }

  /** The product calls a port. Returns false where the process is dead, of this very call perhaps. */
  call(): boolean {
    if (!this.isAlive) return false;
    this.callsUntilCrash -= 1;
    if (this.callsUntilCrash > 0) return true;
    this.#process.crash();
    return false;
  }

  /** Resolves after a while, if the process is alive and awake then; otherwise when it wakes, or never. */
  later(us: number): Promise<void> {
    const world = this.#world;
    return new Promise((resolve) => {
      world.after(us, () => {
        this.enter(() => {
          resolve();
          world.stir();
        });
      });
    });
  }

  scheduler(): Scheduler {
    const world = this.#world;
    const { clock } = this.#process;
    const random = world.random.fork();
    return {
      now: () => Math.floor(clock.now()),
      random: random.next,
      randomBytes: random.bytes,
      defer: (callback) => {
        world.after(random.below(DEFER_US_MAX), () => this.enter(callback));
      },
      turn: () => this.later(random.below(DEFER_US_MAX)),
      after: (ms, callback) => {
        let isWanted = true;
        world.after(clock.usOf(ms), () => {
          this.enter(() => {
            if (isWanted) callback();
            world.stir();
          });
        });
        return () => {
          isWanted = false;
        };
      },
      every: (ms, callback) => {
        let isWanted = true;
        const tick = (): void => {
          if (!isWanted) return;
          callback();
          world.stir(); // It may have settled or begun to await something that no port knows of.
          wait();
        };
        const enter = (): void => this.enter(tick);
        const wait = (): void => world.after(clock.usOf(ms), enter);
        wait();
        return () => {
          isWanted = false;
        };
      },
    };
  }

  /** Whatever is asked of the ports from now on has no effect. */
  end(): void {
    this.isAlive = false;
    this.#backlog = [];
    void this.transport?.close();
  }

  #wake(): void {
    if (this.#stalledUntilUs > this.#world.nowUs) return;
    const backlog = this.#backlog;
    this.#backlog = [];
    this.#backlogBytes = 0;
    for (const action of backlog) this.enter(action);
  }
}

/** A turn of the event loop takes up to so long. */
const DEFER_US_MAX = 20;

const RECEIVE_BUFFER_BYTES = 1024 * 1024;
