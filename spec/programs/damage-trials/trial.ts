import type { Ledger } from '../../../lib/ledger/ledger.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { TreplicaError } from '../../../lib/model/errors.js';
import { QUEUES, reading, writeOn } from './subject-ledger.js';

export const OUTCOMES = [
  'harmless',
  'refused at open',
  'found at read',
  'found at write',
  'an earlier state',
  'silent',
  'another error',
  'signal',
  'hang',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What the ledgers in a directory tell, queue by queue: as they are found, and after more has been written. */
export interface Readings {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface Result {
  readonly outcome: Outcome;
  readonly detail: string;
}

/** What each step means if it fails. */
type Step = 'refused at open' | 'found at read' | 'found at write';

/** Opens, reads, writes, and opens and reads again. Throws what the ledger throws; `at` is told each step. */
export async function use(directory: string, at: (step: Step) => void): Promise<Readings> {
  const before = await readAll(directory, at);
  await readAll(directory, at, (ledger) => {
    at('found at write');
    writeOn(ledger);
    return '';
  });
  return { before, after: await readAll(directory, at) };
}

/** How a damaged copy in `directory` fares, whose ledgers would tell `expected`, or `earlier` before their last commits. */
export async function runTrial(
  directory: string,
  expected: Readings,
  earlier: readonly (readonly string[])[],
): Promise<Result> {
  let step: Step = 'refused at open';
  try {
    const found = await use(directory, (next) => (step = next));
    if (isSame(found.before, expected.before) && isSame(found.after, expected.after)) {
      return { outcome: 'harmless', detail: '' };
    }
    if (earlier.some((state) => isSame(found.before, state))) return { outcome: 'an earlier state', detail: '' };
    return { outcome: 'silent', detail: isSame(found.before, expected.before) ? 'after writing' : 'at once' };
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof TreplicaError)) return { outcome: 'another error', detail: `${step}: ${message}` };
    return { outcome: step, detail: `${error.code}: ${message}` };
  }
}

/** Opens all the ledgers and does this with each. */
export async function readAll(
  directory: string,
  at: (step: Step) => void,
  read: (ledger: Ledger) => string = reading,
): Promise<readonly string[]> {
  const open: Ledger[] = [];
  try {
    at('refused at open');
    for (const queueId of QUEUES) open.push(openLmdbLedger(directory, queueId));
    at('found at read');
    return open.map(read);
  } finally {
    await Promise.all(open.map((ledger) => ledger.close()));
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((digest, index) => digest === other[index]);
}
