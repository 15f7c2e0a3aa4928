import { inspect } from 'node:util';

import type { DeepReadonly } from '../machine/deep-readonly.js';
import type { Operation } from '../machine/operation.js';
import type { ExecuteOptions } from '../machine/replicated-state-machine.js';
import type { StateMachine } from '../machine/state-machine.js';
import { type ErrorCode, TreplicaError, UnknownOutcomeError } from '../model/errors.js';
import { History, type OpenCall } from './history.js';
import type { Life } from './life.js';
import type { SimulatedProcess } from './process.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** The client of a workload: one caller at one process. */
export interface Client<S extends StateMachine> {
  /** Its name, like that of no other in the run. */
  readonly name: string;
  /** The name of the process that it calls. */
  readonly process: string;
  /** How often the workload has been called with this client before: with its name, what tells this call from all others. */
  readonly turn: number;
  /** Uniform in [0, 1), from the seed. */
  random(): number;
  /** As `machine.execute`. */
  execute<R>(operation: Operation<S, R>, options?: Pick<ExecuteOptions, 'timeoutMs'>): Promise<R>;
  /** As `machine.read`. `input` says in the recorded history what was read. */
  read<R>(query: (state: DeepReadonly<S>) => R, input?: unknown): Promise<R>;
  /** Does nothing for a while, in virtual milliseconds. */
  pause(ms: number): Promise<void>;
}

/**
 * One round of a caller; it is called again and again. Errors that the client's calls reject with need not be caught,
 * except those that say that the call was wrong, such as CLASS_NOT_REGISTERED. Values that it keeps between its calls
 * outlive the run, so that a seed alone does not make the same run again.
 */
export type Workload<S extends StateMachine> = (client: Client<S>) => Promise<unknown>;

export interface CallersOptions<S extends StateMachine> {
  readonly workload: Workload<S>;
  readonly random: Random;
  /** Of one process. */
  readonly callers: number;
  /** How long a caller waits between two calls of the workload, on average. */
  readonly pauseUsMean: number;
}

/** The share of rounds before which a caller puts a system operation. */
const SYSTEM_OPERATIONS_SHARE = 0.1;

/** The callers of all processes: they begin when a process comes up, and those of one that goes down are never heard of again. */
export class Callers<S extends StateMachine> {
  readonly history: History;
  readonly #world: World<S>;
  readonly #options: CallersOptions<S>;
  /** How many callers are in the midst of their workload, by the life that they call. */
  readonly #calling = new Map<Life<S>, number>();
  #isOver = false;
  #names = 0;

  constructor(world: World<S>, options: CallersOptions<S>) {
    this.#world = world;
    this.#options = options;
    this.history = new History((checker, text) => world.log.violate(checker, text));
    world.onComeUp((process) => {
      this.#begin(process);
    });
  }

  /** From now on nobody begins anything. */
  end(): void {
    this.#isOver = true;
  }

  /** Whether everybody at a process that is up has been answered. */
  get areDone(): boolean {
    for (const [life, callers] of this.#calling) if (life.isAlive && callers > 0) return false;
    return true;
  }

  /** The operations and reads that have been answered. */
  get answered(): number {
    return this.history.calls.filter(({ outcome }) => outcome !== null).length;
  }

  /**
   * One more call of the workload at a process, and a system operation behind it: a call may end by a time limit of its own, while
   * that operation shows that the process has executed everything that was acknowledged before.
   */
  async callOnce(process: SimulatedProcess<S>, name: string): Promise<void> {
    const client = this.#clientAt(process, name);
    await this.#call(client);
    await this.#checked(client, () => client.probe());
  }

  #clientAt(process: SimulatedProcess<S>, name: string): LivingClient<S> {
    const { life } = process;
    if (life === null) throw new Error(`${process.name} is down`);
    return new LivingClient(this.#world, process, life, name, this.history, this.#options.random);
  }

  #begin(process: SimulatedProcess<S>): void {
    const { life } = process;
    if (life === null || this.#isOver) return;
    for (let i = 0; i < this.#options.callers; i += 1) {
      this.#names += 1;
      void this.#callOnAndOn(life, this.#clientAt(process, `c${this.#names}`));
    }
  }

  async #callOnAndOn(life: Life<S>, client: LivingClient<S>): Promise<void> {
    const { random, pauseUsMean } = this.#options;
    const goesOn = (): boolean => life.isAlive && !this.#isOver;
    while (goesOn()) {
      await client.pause(random.exponential(pauseUsMean) / 1_000);
      if (!goesOn()) return;
      this.#calling.set(life, (this.#calling.get(life) ?? 0) + 1);
      await this.#call(client);
      this.#calling.set(life, (this.#calling.get(life) ?? 1) - 1);
    }
  }

  async #call(client: LivingClient<S>): Promise<void> {
    await this.#checked(client, async () => {
      if (this.#options.random.chance(SYSTEM_OPERATIONS_SHARE)) await client.probe();
      await this.#options.workload(client);
    });
    client.turn += 1;
  }

  async #checked(client: LivingClient<S>, calls: () => Promise<void>): Promise<void> {
    try {
      await calls();
    } catch (error) {
      if (!client.mayRejectWith(error)) this.#world.log.violate('workload', `at ${client.process}, ${inspect(error)}`);
    }
  }
}

class LivingClient<S extends StateMachine> implements Client<S> {
  readonly process: string;
  turn = 0;
  /** The errors with which calls rejected. */
  readonly #rejections = new Set<unknown>();

  constructor(
    readonly world: World<S>,
    readonly at: SimulatedProcess<S>,
    readonly life: Life<S>,
    readonly name: string,
    readonly history: History,
    readonly chance: Random,
  ) {
    this.process = at.name;
  }

  random(): number {
    return this.chance.next();
  }

  /** Whether a workload that did nothing wrong may reject with this error, which is one of a call that it made. */
  mayRejectWith(error: unknown): boolean {
    return this.#rejections.has(error) && !(error instanceof TreplicaError && MISUSES.includes(error.code));
  }

  async execute<R>(operation: Operation<S, R>, options?: Pick<ExecuteOptions, 'timeoutMs'>): Promise<R> {
    const call = this.history.call('operation', this.process, this.name, operation);
    const answer = this.#machine.execute(operation, options);
    this.world.watch.called(answer, call);
    return this.#answered(call, answer);
  }

  async read<R>(query: (state: DeepReadonly<S>) => R, input: unknown = null): Promise<R> {
    const call = this.history.call('read', this.process, this.name, input);
    const answer = this.#machine.read((state) => {
      call.position = this.life.position;
      return query(state);
    });
    return this.#answered(call, answer);
  }

  /** Puts a system operation, and returns when it has been executed here: no call of the application, and in no history. */
  async probe(): Promise<void> {
    try {
      await this.#machine.ready();
    } catch (error) {
      this.#rejections.add(error);
      if (this.life.isAlive) throw error;
    }
    if (!this.life.isAlive) await new Promise(() => undefined);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.after(Math.round(ms * 1_000), () => {
        if (!this.life.isAlive) return;
        resolve();
        this.world.stir();
      });
    });
  }

  get #machine() {
    const { machine } = this.life;
    if (machine === null) throw new Error(`${this.process} is not up`);
    return machine;
  }

  /** A caller of a process that is dead by the time of the answer is never told. */
  async #answered<R>(call: OpenCall, answer: Promise<R>): Promise<R> {
    try {
      const result = await answer;
      if (!this.life.isAlive) return await new Promise(() => undefined);
      this.world.watch.told(call, () => result);
      this.history.returns(call, { result });
      return result;
    } catch (error) {
      if (!this.life.isAlive) return await new Promise(() => undefined);
      this.#rejections.add(error);
      if (!isUnanswered(error)) {
        this.world.watch.told(call, () => {
          throw error;
        });
        this.history.returns(call, { error });
      }
      throw error;
    }
  }
}

/** No fault of the world makes calls reject with these. */
const MISUSES: readonly ErrorCode[] = [
  'CLASS_NOT_REGISTERED',
  'NOT_SERIALIZABLE',
  'OPERATION_ASYNCHRONOUS',
  'QUERY_ASYNCHRONOUS',
  'STATE_READ_ONLY',
  'MESSAGE_TOO_LARGE',
  'INVALID_OPTION',
];

/** Whether the caller has learnt nothing about the operation's outcome. */
function isUnanswered(error: unknown): boolean {
  return (
    error instanceof UnknownOutcomeError ||
    error instanceof TreplicaError ||
    (error instanceof DOMException && error.name === 'TimeoutError')
  );
}
