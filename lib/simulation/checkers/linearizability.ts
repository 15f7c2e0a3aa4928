import { LinearizationSearch } from './linearization-search.js';

/** One call of a recorded history. It takes effect at one moment from its call to its return, both included. */
export interface Call<I, O> {
  /** Who called; only for the explanation. */
  readonly process: string;
  readonly input: I;
  /** In any unit: only the order counts. A call that begins at the very moment another returns is concurrent with it. */
  readonly calledAt: number;
  /** Null where the call was never answered: it may have taken effect at any time after it began, or never. */
  readonly returnedAt: number | null;
  /** Without meaning where the call was never answered. */
  readonly output: O | null;
}

/** What the object does when calls come one at a time. States are values: `step` must not change the one it is given. */
export interface SequentialModel<S, I, O> {
  readonly initial: S;
  /**
   * What the input makes of the state; null where it could not have given this output. The output is undefined where the
   * call was never answered: any will do.
   */
  step(state: S, input: I, output: O | undefined): { readonly state: S } | null;
  /** The same text for equal states, and for no others. */
  keyOf(state: S): string;
  /** Calls of different partitions never concern each other; each begins in the initial state. One, if left out. */
  partitionOf?(input: I): string;
  /**
   * The same text only for inputs that do the same to every state; if left out, equal primitives and the same object.
   * Of unanswered calls that do the same the search asks only how many took effect, rather than which.
   */
  inputKeyOf?(input: I): string;
}

export interface CheckOptions {
  /** How many configurations are visited in one partition before it is given up; 1,000,000 if left out. */
  readonly visitedMax?: number;
}

export type Verdict =
  | {
      readonly linearizable: true;
      /** Configurations of the search, a measure of its work, over all partitions that were searched. */
      readonly visited: number;
    }
  | {
      /** Unknown where the search of the partition was given up, and no other partition was found to fail. */
      readonly linearizable: false | 'unknown';
      readonly visited: number;
      /** As the model names it; `all` where it has no partitions. */
      readonly partition: string;
      /** For people: the longest order that was found, and the calls of which none can follow it. */
      readonly explanation: string;
    };

/**
 * Whether the calls can be put in one order in which a call that returned before another began comes before it, and in
 * which the model gives each the output that was seen (Herlihy and Wing, "Linearizability", 1990). Objects that are each
 * linearizable are so together (their theorem 1), hence each partition is judged alone. Throws a RangeError where a call
 * returns before it begins.
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
    const verdict = { linearizable, visited, partition, explanation: explain(search, partition) };
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
    const { calledAt, returnedAt } = call;
    // So written, it refuses what is not a number too.
    if (!(calledAt <= (returnedAt ?? Infinity))) throw new RangeError(`A call returns before it begins:${show(call)}.`);
    const partition = model.partitionOf?.(call.input) ?? 'all';
    const calls = partitions.get(partition);
    if (calls === undefined) partitions.set(partition, [call]);
    else calls.push(call);
  }
  return partitions;
}

/** How much of an order is shown: what came long before seldom matters. */
const SHOWN = 30;

function explain<S, I, O>({ furthest, visited }: LinearizationSearch<S, I, O>, partition: string): string {
  const { order, stateKey, next } = furthest;
  const earlier = order.length - SHOWN;
  return [
    `The longest order found in partition ${partition}, in ${visited} configurations:`,
    ...(earlier > 0 ? [`  (${earlier} calls before)`] : []),
    ...order.slice(-SHOWN).map(show),
    `It leads to the state ${stateKey}. One of these must come next:`,
    ...next.map(show),
  ].join('\n');
}

function show<I, O>({ process, input, output, calledAt, returnedAt }: Call<I, O>): string {
  const answer = returnedAt === null ? 'never answered' : `${text(output)} at ${returnedAt}`;
  return `  ${process} called ${text(input)} at ${calledAt}: ${answer}`;
}

function text(value: unknown): string {
  const json = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) as
    string | undefined;
  return json ?? String(value);
}
