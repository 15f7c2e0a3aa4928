import { Frontier, Visited } from './linearization-memory.js';
import type { Call, SequentialModel } from './sequential-model.js';

/** An order that is tried, as far as it goes. */
interface Configuration<S, I, O> {
  readonly state: S;
  readonly stateKey: string;
  readonly open: Open<I, O>;
  /** How many answered calls are placed. */
  readonly placed: number;
  /** The unanswered calls that are placed, as bits, and their number. */
  readonly guesses: bigint;
  readonly guessed: number;
  readonly last: { readonly call: Call<I, O>; readonly before: Configuration<S, I, O> } | null;
}

/** The answered calls that may come next: not placed, and begun no later than the first of them returned. */
interface Open<I, O> {
  /** As they return. */
  readonly calls: readonly Answered<I, O>[];
  /** How many answered calls had begun by then. All of them are placed but these, which therefore tell what is placed. */
  readonly begun: number;
  /** Tells these calls from others. */
  readonly key: string;
}

interface Branch<S, I, O> {
  readonly configuration: Configuration<S, I, O>;
  /** Whether the configuration was visited, and is to be continued with unanswered calls. */
  readonly guess: boolean;
}

interface Answered<I, O> {
  readonly call: Call<I, O>;
  readonly returnedAt: number;
  /** Its place among the answered calls as they return. */
  readonly rank: number;
}

interface Unanswered<I, O> {
  readonly call: Call<I, O>;
  readonly bit: bigint;
  /** The bit of the call before it that does the same, or 0. */
  readonly twin: bigint;
}

/**
 * How many answered calls the search goes back before it takes one more unanswered call to have had an effect. A guess
 * may have to come long before the call that shows it: rather a guess at each of the places before than many guesses at
 * one place. Of 5, 20 and 60 it is what visited least in random histories of registers, counters and queues.
 */
const GUESS_COST = 20;

/**
 * The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
 * linearizability", 2017). Each unanswered call could double the configurations. Here it is a guess, made only where the
 * search is stuck without it, and what has failed is not tried again with more guesses.
 */
export class LinearizationSearch<S, I, O> {
  readonly #model: SequentialModel<S, I, O>;
  /** As they begin. */
  readonly #answered: readonly Answered<I, O>[];
  /** As they begin. */
  readonly #unanswered: readonly Unanswered<I, O>[];
  readonly #known = new Visited();
  readonly #frontier: Frontier<Branch<S, I, O>>;
  #visited = 0;
  #furthest: Configuration<S, I, O>;

  constructor(calls: readonly Call<I, O>[], model: SequentialModel<S, I, O>) {
    this.#model = model;
    this.#answered = answeredOf(calls);
    this.#unanswered = unansweredOf(calls, model);
    this.#frontier = new Frontier(GUESS_COST * this.#unanswered.length + this.#answered.length + 1);
    const { initial: state } = model;
    const nothing = { placed: 0, guesses: 0n, guessed: 0, last: null };
    this.#furthest = { state, stateKey: model.keyOf(state), open: this.#opened([], 0), ...nothing };
  }

  get visited(): number {
    return this.#visited;
  }

  /** The most that could be placed: in this order, to this state; and the answered calls of which one must come next. */
  get furthest(): { readonly order: Call<I, O>[]; readonly stateKey: string; readonly next: Call<I, O>[] } {
    const { stateKey, open } = this.#furthest;
    const order: Call<I, O>[] = [];
    for (let { last } = this.#furthest; last !== null; last = last.before.last) order.push(last.call);
    return { order: order.reverse(), stateKey, next: open.calls.map(({ call }) => call) };
  }

  /** Whether all answered calls can be placed; unknown where that takes more than `visitedMax` configurations. */
  run(visitedMax: number): boolean | 'unknown' {
    this.#try(this.#furthest);
    for (let branch = this.#frontier.pop(); branch !== null; branch = this.#frontier.pop()) {
      const { configuration, guess } = branch;
      if (guess) {
        this.#guess(configuration);
        continue;
      }
      const { open, stateKey, placed, guesses, guessed } = configuration;
      if (!this.#known.admit(`${open.key}|${stateKey}`, guesses)) continue;
      if (this.#visited >= visitedMax) return 'unknown';
      this.#visited += 1;
      if (placed > this.#furthest.placed) this.#furthest = configuration;
      if (open.calls.length === 0) return true;
      if (guessed < this.#unanswered.length) this.#try(configuration, true);
      this.#place(configuration);
    }
    return false;
  }

  #try(configuration: Configuration<S, I, O>, guess = false): void {
    const unspent = this.#unanswered.length - configuration.guessed - (guess ? 1 : 0);
    this.#frontier.push(configuration.placed + GUESS_COST * unspent, { configuration, guess });
  }

  /**
   * Continues with each of the open calls. Tried first is what leaves the state as it is, such as a read, for which it
   * may soon be too late; then what returns first.
   */
  #place(before: Configuration<S, I, O>): void {
    const { calls, begun } = before.open;
    const harmless: Configuration<S, I, O>[] = [];
    for (const next of calls.toReversed()) {
      const result = this.#step(before, next.call);
      if (result === null) continue;
      const open = this.#opened(
        calls.filter((other) => other !== next),
        begun,
      );
      const after = { ...before, ...result, open, placed: before.placed + 1 };
      if (after.stateKey === before.stateKey) harmless.push(after);
      else this.#try(after);
    }
    for (const after of harmless) this.#try(after);
  }

  /** Continues with each unanswered call that has begun; of those that do the same with the first, as good as any. */
  #guess(before: Configuration<S, I, O>): void {
    const until = before.open.calls[0]?.returnedAt ?? -Infinity;
    for (const { call, bit, twin } of this.#unanswered) {
      if (call.calledAt > until) break;
      if ((before.guesses & bit) !== 0n || (before.guesses & twin) !== twin) continue;
      const result = this.#step(before, call);
      if (result === null || result.stateKey === before.stateKey) continue;
      this.#try({ ...before, ...result, guesses: before.guesses | bit, guessed: before.guessed + 1 });
    }
  }

  #step(before: Configuration<S, I, O>, call: Call<I, O>): Pick<typeof before, 'state' | 'stateKey' | 'last'> | null {
    const output = call.returnedAt === null ? undefined : (call.output as O);
    const result = this.#model.step(before.state, call.input, output);
    if (result === null) return null;
    const { state } = result;
    return { state, stateKey: this.#model.keyOf(state), last: { call, before } };
  }

  /** The calls, and those that begin no later than the first of them all returns. */
  #opened(calls: readonly Answered<I, O>[], begun: number): Open<I, O> {
    const open = [...calls];
    for (; ; begun += 1) {
      const next = this.#answered[begun];
      if (next === undefined || next.call.calledAt > (open[0]?.returnedAt ?? Infinity)) break;
      open.push(next);
      open.sort((a, b) => a.rank - b.rank);
    }
    return { calls: open, begun, key: open.map(({ rank }) => rank).join() };
  }
}

function answeredOf<I, O>(calls: readonly Call<I, O>[]): Answered<I, O>[] {
  return calls
    .flatMap((call) => (call.returnedAt === null ? [] : { call, returnedAt: call.returnedAt }))
    .sort((a, b) => a.returnedAt - b.returnedAt)
    .map((answered, rank) => ({ ...answered, rank }))
    .sort((a, b) => a.call.calledAt - b.call.calledAt);
}

function unansweredOf<S, I, O>(calls: readonly Call<I, O>[], model: SequentialModel<S, I, O>): Unanswered<I, O>[] {
  const latest = new Map<unknown, bigint>();
  return calls
    .filter(({ returnedAt }) => returnedAt === null)
    .sort((a, b) => a.calledAt - b.calledAt)
    .map((call, i) => {
      const key = model.inputKeyOf === undefined ? call.input : model.inputKeyOf(call.input);
      const bit = 1n << BigInt(i);
      const twin = latest.get(key) ?? 0n;
      latest.set(key, bit);
      return { call, bit, twin };
    });
}
