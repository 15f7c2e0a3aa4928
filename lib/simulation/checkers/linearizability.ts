import { LinearizationSearch } from './linearization-search.js';
import type { Call, SequentialModel } from './sequential-model.js';

export interface CheckOptions {
  /** How many configurations are visited in one partition before it is given up. Default: 1,000,000. */
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
