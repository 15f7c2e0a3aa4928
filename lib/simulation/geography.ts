import type { ProcessId } from '../model/ids.js';
import type { Random } from './random.js';

/**
 * How long a message is under way from one place to another, in microseconds: a row for each place that it leaves. A way back
 * may take another time. Processes live at the places in turn.
 */
export type Ways = readonly (readonly number[])[];

/** As many places, all of them as far from each other; within one a message takes no longer than the climate says. */
export function equalWays(places: number, wayUs: number): Ways {
  return Array.from({ length: places }, (_, i) => Array.from({ length: places }, (_place, j) => (i === j ? 0 : wayUs)));
}

/** Three places with round trips of 40 to 300 milliseconds between them; some ways back take another time. */
export function drawnWays(random: Random): Ways {
  const drawn = (): readonly [number, number] => {
    const roundTripUs = random.between(40_000, 300_000);
    const share = random.chance(0.5) ? 0.5 : random.between(0.2, 0.8);
    return [Math.floor(roundTripUs * share), Math.floor(roundTripUs * (1 - share))];
  };
  const [ab, ba] = drawn();
  const [ac, ca] = drawn();
  const [bc, cb] = drawn();
  return [
    [0, ab, ac],
    [ba, 0, bc],
    [ca, cb, 0],
  ];
}

/** The time of the way between two processes; 0 where one of them lives nowhere. */
export function wayBetween(ways: Ways, indexOf: (process: ProcessId) => number) {
  return (from: ProcessId | null, to: ProcessId): number => {
    const [leaves, arrives] = [from === null ? -1 : indexOf(from), indexOf(to)];
    return ways[leaves % ways.length]?.[arrives % ways.length] ?? 0;
  };
}
