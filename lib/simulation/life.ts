import type { ReplicatedStateMachine } from '../machine/replicated-state-machine.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { LedgerRecord } from '../model/records.js';
import type { PaxosQueue } from '../paxos/paxos-queue.js';
import type { Scheduler } from '../paxos/scheduler.js';
import type { Transport } from '../transport/transport.js';
import type { Clock } from './clock.js';
import type { ActingLife, SavedHolder, Stage } from './stage.js';

/**
 * One life of a process, from a start to a crash or stop: nothing that was under way in one goes on in a later one.
 * Everything that makes the process act enters by it, so that a stalled one acts later and a dead one no more.
 */
export class Life<S extends StateMachine> implements ActingLife<S> {
  isAlive = true;
  queue: PaxosQueue | null = null;
  machine: ReplicatedStateMachine<S> | null = null;
  replica: SavedHolder<S> | null = null;
  transport: Transport | null = null;
  underWay: readonly LedgerRecord[] | null = null;
  position = 0;
  /** Promises of the product that may be settled by any event, starts and reads among them. */
  pending = 0;
  callsUntilCrash = Infinity;
  readonly #stage: Stage<S>;
  readonly #clock: Clock;
  readonly #crash: () => void;
  #stalledUntilUs = 0;
  #backlog: (() => void)[] = [];
  #backlogBytes = 0;

  /** `clock` is that of the process; `crash` crashes it, and so ends this life. */
  constructor(stage: Stage<S>, clock: Clock, crash: () => void) {
    this.#stage = stage;
    this.#clock = clock;
    this.#crash = crash;
  }

  /** The process does nothing before then: its work gathers. */
  stall(untilUs: number): void {
    const stage = this.#stage;
    this.#stalledUntilUs = Math.max(this.#stalledUntilUs, untilUs);
    stage.after(untilUs - stage.nowUs, () => this.#wake());
  }

  enter(action: () => void, arrivingBytes = 0): void {
    if (!this.isAlive) return;
    if (this.#stalledUntilUs <= this.#stage.nowUs) {
      action();
      return;
    }
    this.#backlogBytes += arrivingBytes;
    if (arrivingBytes === 0 || this.#backlogBytes <= RECEIVE_BUFFER_BYTES) this.#backlog.push(action);
  }

  async awaiting<T>(promise: Promise<T>): Promise<T> {
    this.pending += 1;
    try {
      return await promise;
    } finally {
      this.pending -= 1;
    }
  }

  call(): boolean {
    if (!this.isAlive) return false;
    this.callsUntilCrash -= 1;
    if (this.callsUntilCrash > 0) return true;
    this.#crash();
    return false;
  }

  later(us: number): Promise<void> {
    const stage = this.#stage;
    return new Promise((resolve) => {
      stage.after(us, () => {
        this.enter(() => {
          resolve();
          stage.stir();
        });
      });
    });
  }

  scheduler(): Scheduler {
    const stage = this.#stage;
    const clock = this.#clock;
    const random = stage.random.fork();
    return {
      now: () => Math.floor(clock.now()),
      random: random.next,
      randomBytes: random.bytes,
      defer: (callback) => {
        stage.after(random.below(DEFER_US_MAX), () => this.enter(callback));
      },
      turn: () => this.later(random.below(DEFER_US_MAX)),
      after: (ms, callback) => {
        let isWanted = true;
        stage.after(clock.usOf(ms), () => {
          this.enter(() => {
            if (isWanted) callback();
            stage.stir();
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
          stage.stir(); // It may have settled or begun to await something that no port knows of.
          wait();
        };
        const enter = (): void => this.enter(tick);
        const wait = (): void => stage.after(clock.usOf(ms), enter);
        wait();
        return () => {
          isWanted = false;
        };
      },
    };
  }

  /** Calls of the ports have no effect from now on. */
  end(): void {
    this.isAlive = false;
    this.#backlog = [];
    void this.transport?.close();
  }

  #wake(): void {
    if (this.#stalledUntilUs > this.#stage.nowUs) return;
    const backlog = this.#backlog;
    this.#backlog = [];
    this.#backlogBytes = 0;
    for (const action of backlog) this.enter(action);
  }
}

/** A turn of the event loop takes up to so long. */
const DEFER_US_MAX = 20;

const RECEIVE_BUFFER_BYTES = 1024 * 1024;
