import type { Call, SequentialModel } from './linearizability.js';
import type { Configuration, LinearizationSearch } from './linearization-search.js';

/** How much of the order is shown: what came long before seldom matters. */
const SHOWN = 30;

export function explain<S, I, O>(
  search: LinearizationSearch<S, I, O>,
  partition: string,
  model: SequentialModel<S, I, O>,
): string {
  const order = orderOf(search.furthest);
  const left = order.length - SHOWN;
  return [
    `In partition ${partition} these calls, one after the other, are the longest order that was found:`,
    ...(left > 0 ? [`  ... ${left} calls before`] : []),
    ...order.slice(-SHOWN).map(show),
    `They lead to ${model.keyOf(search.furthest.state)}. None of those that must come next among the answered can lead on:`,
    ...search.mustFollow.map(show),
  ].join('\n');
}

function orderOf<S, I, O>(configuration: Configuration<S, I, O>): Call<I, O>[] {
  const order: Call<I, O>[] = [];
  for (let { last } = configuration; last !== null; last = last.before.last) order.push(last.call);
  return order.reverse();
}

function show<I, O>({ process, input, output, calledAt, returnedAt }: Call<I, O>): string {
  const until = returnedAt === null ? 'never answered' : `${returnedAt}: ${text(output)}`;
  return `  ${process} ${text(input)} at ${calledAt}, ${until}`;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
}
