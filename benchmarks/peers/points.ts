import type { Row } from '../benchmark.js';
import { NODES, type Point } from './contender.js';

/**
 * A single caller is at one node, and any other number at each of them.
 * @throws Error that names the flag where it is wrong
 */
export function pointsOf(callers: string): Point[] {
  return callers.split(',').map((text) => {
    const count = Number(text);
    if (Number.isSafeInteger(count) && count > 0) return { callers: count, proposers: count === 1 ? 1 : NODES };
    throw new Error(`--callers is ${callers}: give whole numbers above 0, separated by commas.`);
  });
}

/**
 * The rows, and in the one with the most operations a second of each system, of those with callers at all nodes,
 * `treplicaRatio`: by how much Treplica's best is above it. Null in the others.
 */
export function withRatios(rows: readonly Row[]): Row[] {
  const best = new Map<unknown, Row>();
  for (const row of rows.filter(({ proposers }) => proposers === NODES)) {
    const sofar = best.get(row['system']);
    if (sofar === undefined || operations(row) > operations(sofar)) best.set(row['system'], row);
  }
  const ours = best.get('treplica');
  return rows.map((row) => {
    const isBest = ours !== undefined && best.get(row['system']) === row && operations(row) > 0;
    return { ...row, treplicaRatio: isBest ? operations(ours) / operations(row) : null };
  });
}

function operations(row: Row): number {
  return Number(row['opsPerSecond']);
}
