import type { Row } from './benchmark.js';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/**
 * The row of the medians of every number in `rows`, which have the same fields. A run that has not come to a number has
 * null there, and counts as worse than all others.
 */
export function medianRow(rows: readonly Row[]): Row {
  const [first = {}] = rows;
  const fields = Object.keys(first).map((field) => {
    const values = rows.map((row) => row[field]);
    const numbers = values
      .map((value) => (value === null ? Infinity : value))
      .filter((value) => typeof value === 'number');
    if (numbers.length < rows.length) return [field, first[field]];
    const middle = median(numbers);
    return [field, Number.isFinite(middle) ? middle : null];
  });
  return { ...(Object.fromEntries(fields) as Row), run: 'median' };
}

/** The fields by which rows of different benchmarks and systems can be compared. */
const NOTHING_KNOWN = {
  benchmark: null,
  system: null,
  replicas: null,
  callers: null,
  bytes: null,
  mode: null,
  durable: null,
  opsPerSecond: null,
  p50Ms: null,
  p85Ms: null,
  p99Ms: null,
} as const;

/** A row with all of the common fields, in their order: null where one is not `known`, which may have more of its own. */
export function standardRow(known: Row): Row {
  return { ...NOTHING_KNOWN, ...known };
}

/** The values of a row in these fields, in their order; null where it has none. */
export function columns(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
}

/** Rows that have the same fields as a table, with the names of the fields above. */
export function table(rows: readonly Row[]): string {
  const fields = Object.keys(rows[0] ?? {});
  const lines = [fields, ...rows.map((row) => fields.map((field) => show(row[field])))];
  const widths = fields.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')).join('\n');
}

function show(value: Row[string] | undefined): string {
  if (typeof value !== 'number') return String(value ?? '-');
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? value.toFixed(0) : value.toFixed(3);
}
