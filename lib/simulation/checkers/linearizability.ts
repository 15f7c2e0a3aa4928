import { explain } from './linearization-report.js';
import { LinearizationSearch } from './linearization-search.js';

/** One call of a recorded history. It takes effect at one moment between its call and its return, both included. */
export interface Call<I, O> {
  /** Who called; only for explanations. */
  readonly process: string;
  readonly input: I;
  /** In any unit; only the order counts. A call that begins at the very moment another returns is concurrent with it. */
  readonly calledAt: number;
  /** Null where it was never answered: it may have taken effect at any time after the call, or never. */
  readonly returnedAt: number | null;
  /** Without meaning where the call was never answered. */
  readonly output: O | null;
}

/** What the object does when calls come one at a time. States are values that are never changed. */
export interface SequentialModel<S, I, O> {
  readonly initial: S;
  /**
   * What `input` makes of `state`, or null where it cannot have the output that was seen. The output is undefined for a
   * call that was never answered: any will do.
   */
  step(state: S, input: I, output: O | undefined): { readonly state: S } | null;
  /** The same text for states that no call can tell apart, and for no others. */
  keyOf(state: S): string;
  /** Calls of different partitions never concern each other; each begins in the initial state. One, if left out. */
  partitionOf?(input: I): string;
  /**
   * The same text only for inputs that do the same to every state; if left out, equal primitives and the same object.
   * Of many unanswered calls with one key it matters how many took effect and not which, or the search explodes.
   */
  inputKeyOf?(input: I): string;
}

export interface CheckOptions {
  /** Configurations that may be visited in one partition before it is given up; 1,000,000 if left out. */
  readonly visitedMax?: number;
}

/** `visited` counts the configurations of the search, over all partitions that were searched. */
export type Verdict =
  | { readonly linearizable: true; readonly visited: number }
  | {
      /** Unknown where the search was given up in this partition, and no other was found to fail. */
      readonly linearizable: false | 'unknown';
      readonly visited: number;
      readonly partition: string;
      /** For people: the longest order that was found, and the calls that could not follow it. */
      readonly explanation: string;
    };

/**
 * Whether the calls can be put in one order in which a call that returned before another began comes first, and the
 * model gives each the output that was seen (Herlihy and Wing, "Linearizability", 1990). Linearizability is local, so
 * that each partition is judged alone. Throws a RangeError where a call returns before it begins.
 */
export function checkLinearizability<S, I, O>(
  history: readonly Call<I, O>[],
  model: SequentialModel<S, I, O>,
  { visitedMax = 1_000_000 }: CheckOptions = {},
): Verdict {
  let visited = 0;
  let unknown: Verdict | null = null;
  for (const [partition, calls] of partitionsOf(history, model)) {
    const search = new LinearizationSearch(calls, model);
    const linearizable = search.run(visitedMax);
    visited += search.visited;
    if (linearizable === true) continue;
    const verdict = { linearizable, visited, partition, explanation: explain(search, partition, model) };
    if (linearizable === false) return verdict;
    unknown ??= verdict;
  }
  return unknown === null ? { linearizable: true, visited } : { ...unknown, visited };
}

function partitionsOf<S, I, O>(
  history: readonly Call<I, O>[],
  model: SequentialModel<S, I, O>,
): Map<string, Call<I, O>[]> {
  const partitions = new Map<string, Call<I, O>[]>();
  for (const call of history) {
    const ends = call.returnedAt ?? Infinity;
    if (!(call.calledAt <= ends)) {
      throw new RangeError(`A call of ${call.process} begins at ${call.calledAt} and returns at ${ends}.`);
    }
    const partition = model.partitionOf?.(call.input) ?? 'all';
    const calls = partitions.get(partition);
    if (calls === undefined) partitions.set(partition, [call]);
    else calls.push(call);
  }
  return partitions;
}
