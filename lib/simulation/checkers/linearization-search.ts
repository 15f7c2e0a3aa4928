import type { Call, SequentialModel } from './linearizability.js';

/** An order that is tried, as far as it goes. An answered call that is neither open nor placed begins later. */
export interface Configuration<S, I, O> {
  readonly state: S;
  /**
   * The answered calls that may come next, by rank, lowest first: not placed, and begun no later than the first of them
   * returned. They tell which answered calls are placed.
   */
  readonly open: readonly number[];
  /** How many answered calls are open or placed. */
  readonly begun: number;
  /** How many answered calls are placed. */
  readonly placed: number;
  /** The unanswered calls that are placed, as bits, and their number. */
  readonly guesses: bigint;
  readonly guessed: number;
  readonly last: { readonly call: Call<I, O>; readonly before: Configuration<S, I, O> } | null;
}

type AnsweredCall<I, O> = Call<I, O> & { readonly returnedAt: number };

/**
 * How many answered calls the search goes back before it takes one more unanswered call to have had an effect. A guess
 * at the wrong place may be noticed late: rather one guess at each of the places before than every set of guesses here.
 */
const GUESS_COST = 8;

/**
 * The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
 * linearizability", 2017). An unanswered call could double the configurations; here it is a guess, made only when the
 * search is stuck without, and what has failed is not tried again with more guesses.
 */
export class LinearizationSearch<S, I, O> {
  readonly #model: SequentialModel<S, I, O>;
  /** By return: the index of a call is its rank. */
  readonly #answered: readonly AnsweredCall<I, O>[];
  /** The ranks, by call. */
  readonly #beginnings: readonly number[];
  /** By call. */
  readonly #unanswered: readonly Call<I, O>[];
  /** For each unanswered call the bit of the one before it that does the same, or 0. */
  readonly #twins: readonly bigint[];
  readonly #memory = new Memory();
  readonly #frontier: Frontier<S, I, O>;
  #visited = 0;
  #furthest: Configuration<S, I, O>;

  constructor(calls: readonly Call<I, O>[], model: SequentialModel<S, I, O>) {
    this.#model = model;
    this.#answered = calls.filter(isAnswered).sort((a, b) => a.returnedAt - b.returnedAt);
    this.#beginnings = this.#answered
      .map((call, rank) => ({ rank, calledAt: call.calledAt }))
      .sort((a, b) => a.calledAt - b.calledAt)
      .map(({ rank }) => rank);
    this.#unanswered = calls.filter((call) => !isAnswered(call)).sort((a, b) => a.calledAt - b.calledAt);
    this.#twins = twinsOf(this.#unanswered, model);
    this.#frontier = new Frontier(GUESS_COST * this.#unanswered.length);
    this.#furthest = {
      state: model.initial,
      ...this.#withBegun([], 0),
      placed: 0,
      guesses: 0n,
      guessed: 0,
      last: null,
    };
  }

  get visited(): number {
    return this.#visited;
  }

  /** The configuration that places most of the answered calls; of those the first that was visited. */
  get furthest(): Configuration<S, I, O> {
    return this.#furthest;
  }

  /** The answered calls that may follow the furthest configuration. */
  get mustFollow(): Call<I, O>[] {
    return this.#furthest.open.map((rank) => this.#call(rank));
  }

  /** Whether all answered calls can be placed; unknown where more than `visitedMax` configurations had to be visited. */
  run(visitedMax: number): boolean | 'unknown' {
    this.#frontier.push({ configuration: this.#furthest, guess: false });
    for (let next = this.#frontier.pop(); next !== null; next = this.#frontier.pop()) {
      const { configuration, guess } = next;
      if (guess) {
        this.#guess(configuration);
        continue;
      }
      const { open, state, guesses, placed } = configuration;
      if (!this.#memory.admit(`${open.join()}|${this.#model.keyOf(state)}`, guesses)) continue;
      if (this.#visited === visitedMax) return 'unknown';
      this.#visited += 1;
      if (placed > this.#furthest.placed) this.#furthest = configuration;
      if (open.length === 0) return true;
      if (guesses !== (1n << BigInt(this.#unanswered.length)) - 1n) this.#frontier.push({ configuration, guess: true });
      this.#place(configuration);
    }
    return false;
  }

  /** Tries each open call next; the one that returns first is tried first. */
  #place(before: Configuration<S, I, O>): void {
    for (const rank of before.open.toReversed()) {
      const call = this.#call(rank);
      const after = this.#model.step(before.state, call.input, call.output as O);
      if (after === null) continue;
      const open = before.open.filter((other) => other !== rank);
      this.#frontier.push({
        guess: false,
        configuration: {
          ...before,
          state: after.state,
          ...this.#withBegun(open, before.begun),
          placed: before.placed + 1,
          last: { call, before },
        },
      });
    }
  }

  /** Tries each unanswered call next that has begun. Of those that do the same only the first, which leaves as much. */
  #guess(before: Configuration<S, I, O>): void {
    const until = this.#call(before.open[0] as number).returnedAt;
    for (const [i, call] of this.#unanswered.entries()) {
      if (call.calledAt > until) break;
      const bit = 1n << BigInt(i);
      const twin = this.#twins[i] as bigint;
      if ((before.guesses & bit) !== 0n || (before.guesses & twin) !== twin) continue;
      const after = this.#model.step(before.state, call.input, undefined);
      if (after === null) continue;
      this.#frontier.push({
        guess: false,
        configuration: {
          ...before,
          state: after.state,
          guesses: before.guesses | bit,
          guessed: before.guessed + 1,
          last: { call, before },
        },
      });
    }
  }

  /** Opens what begins no later than the first of the open calls returns. */
  #withBegun(open: readonly number[], begun: number): { open: readonly number[]; begun: number } {
    const all = [...open];
    for (; begun < this.#beginnings.length; begun += 1) {
      const rank = this.#beginnings[begun] as number;
      if (all[0] !== undefined && this.#call(rank).calledAt > this.#call(all[0]).returnedAt) break;
      all.push(rank);
      all.sort((a, b) => a - b);
    }
    return { open: all, begun };
  }

  #call(rank: number): AnsweredCall<I, O> {
    return this.#answered[rank] as AnsweredCall<I, O>;
  }
}

/** What was visited: under each key the sets of guesses, none of which contains another. */
class Memory {
  readonly #sets = new Map<string, readonly bigint[]>();

  /** False where the same was visited with the same guesses or fewer: what can follow now could follow there. */
  admit(key: string, guesses: bigint): boolean {
    const known = this.#sets.get(key) ?? [];
    if (known.some((fewer) => (fewer & guesses) === fewer)) return false;
    this.#sets.set(key, [...known.filter((more) => (more & guesses) !== guesses), guesses]);
    return true;
  }
}

interface Branch<S, I, O> {
  readonly configuration: Configuration<S, I, O>;
  /** Whether the unanswered calls are to be tried next, rather than the open ones. */
  readonly guess: boolean;
}

/** What is still to be tried: first what has placed most, less the cost of its guesses; among equals the latest found. */
class Frontier<S, I, O> {
  readonly #stacks: Branch<S, I, O>[][] = [];
  readonly #costMax: number;
  #top = -1;

  constructor(costMax: number) {
    this.#costMax = costMax;
  }

  push(branch: Branch<S, I, O>): void {
    const { placed, guessed } = branch.configuration;
    const guesses = guessed + (branch.guess ? 1 : 0);
    const level = this.#costMax + placed - GUESS_COST * guesses;
    (this.#stacks[level] ??= []).push(branch);
    this.#top = Math.max(this.#top, level);
  }

  pop(): Branch<S, I, O> | null {
    for (; this.#top >= 0; this.#top -= 1) {
      const branch = this.#stacks[this.#top]?.pop();
      if (branch !== undefined) return branch;
    }
    return null;
  }
}

function isAnswered<I, O>(call: Call<I, O>): call is AnsweredCall<I, O> {
  return call.returnedAt !== null;
}

function twinsOf<S, I, O>(unanswered: readonly Call<I, O>[], model: SequentialModel<S, I, O>): bigint[] {
  const latest = new Map<unknown, bigint>();
  return unanswered.map(({ input }, i) => {
    const key = model.inputKeyOf === undefined ? input : model.inputKeyOf(input);
    const twin = latest.get(key) ?? 0n;
    latest.set(key, 1n << BigInt(i));
    return twin;
  });
}
