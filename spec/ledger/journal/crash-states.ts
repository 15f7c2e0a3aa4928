import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';

import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import type { Ledger } from '../../../lib/ledger/ledger.js';
import { dataFile } from '../../../lib/ledger/lmdb/data-file.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { OWNER_KEY } from '../../../lib/ledger/lmdb/owner.js';
import { constants } from '../../../lib/model/constants.js';
import { TreplicaError } from '../../../lib/model/errors.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../../lib/model/records.js';
import { committed, QUEUE } from '../ledger-place.js';
import { type LifeStep, recordsOf } from '../life-steps.js';
import { tamper } from '../lmdb/lmdb-files.js';
import { LedgerModel } from '../model.js';
import { anyRecord, END, GROUP, nearRecord, voteAt } from '../records.js';

/** What a ledger directory consists of. */
export interface Files {
  readonly data: Buffer;
  readonly journal: Buffer;
}

/** Files, and what the ledger told when they were like that. */
export interface State extends Files {
  readonly told: string;
}

export type Step =
  | { readonly kind: 'commit'; readonly records: readonly LedgerRecord[] }
  /** A commit of one vote. */
  | { readonly kind: 'large'; readonly bytes: number }
  | { readonly kind: 'read' }
  | LifeStep;

const records = fc.array(fc.oneof(anyRecord(GROUP), nearRecord), { minLength: 1, maxLength: 4 });
const small = fc.record({ kind: fc.constant('commit' as const), records });
const bytes = fc.constantFrom(constants.journalCommitBytesMax, 90_000);
const large = fc.record({ kind: fc.constant('large' as const), bytes });
const other = fc.constantFrom({ kind: 'read' } as const, { kind: 'reopen' } as const);

/** Commits for the journal and for LMDB, and what lets LMDB have those of the journal. */
export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 6, arbitrary: small }, { weight: 2, arbitrary: large }, { weight: 1, arbitrary: other }),
  { minLength: 1, maxLength: 9 },
);

export function filesOf(directory: string): Files {
  return { data: readFileSync(dataFile(directory)), journal: readFileSync(journalFile(directory)) };
}

/** Everything that is in a ledger, as text. */
export function text(snapshot: LedgerSnapshot, log: readonly LogEntry[]): string {
  const shown = log.map(({ instance, promised, vote }) => {
    const body = crc32(vote?.batch.body ?? '');
    return [instance, promised, vote?.ballot, vote?.batch.id, vote?.batch.body.length, body];
  });
  return JSON.stringify([{ ...snapshot, entries: snapshot.entries.length }, shown], (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? sorted(value) : value,
  );
}

function sorted(value: object): unknown {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Everything that `ledger` tells, as text. */
export function toldBy(ledger: Ledger): string {
  const snapshot = ledger.load();
  return text(snapshot, ledger.read(snapshot.start, END, Infinity));
}

/**
 * What the ledger tells of which these files were left in a directory below `parent`, by an owner that was killed; null where
 * it is damaged.
 */
export async function toldAfterCrash(parent: string, { data, journal }: Files): Promise<string | null> {
  const directory = mkdtempSync(join(parent, 'killed-'));
  writeFileSync(dataFile(directory), data);
  writeFileSync(journalFile(directory), journal);
  await tamper(directory, 'owner', OWNER_KEY, () => null);
  let ledger: Ledger;
  try {
    ledger = openLmdbLedger(directory, QUEUE);
  } catch (error) {
    if (error instanceof TreplicaError && error.code === 'LEDGER_DAMAGED') return null;
    throw error;
  }
  try {
    return toldBy(ledger);
  } finally {
    await ledger.close();
  }
}

/** The files of a ledger in a directory below `parent` after each of these steps, and once all of them are confirmed. */
export async function statesOf(parent: string, steps: readonly Step[]): Promise<State[]> {
  const directory = mkdtempSync(join(parent, 'original-'));
  let ledger = openLmdbLedger(directory, QUEUE);
  const model = new LedgerModel();
  const states: State[] = [];
  for (const step of steps) {
    if (step.kind === 'read') ledger.read(ledger.start, END, 0);
    else if (step.kind === 'reopen') {
      await ledger.close();
      ledger = openLmdbLedger(directory, QUEUE);
    } else {
      const commit = commitOf(step, model);
      await committed(ledger, ...commit);
      model.commit(commit);
    }
    states.push({ ...filesOf(directory), told: text(model.snapshot(), model.log()) });
  }
  // The journal's own timer, which confirms the last commit, was set before this one.
  await sleep(constants.journalConfirmMs);
  states.push({ ...filesOf(directory), told: states.at(-1)!.told });
  await ledger.close();
  return states;
}

function commitOf(step: Exclude<Step, { readonly kind: 'read' | 'reopen' }>, model: LedgerModel): LedgerRecord[] {
  if (step.kind === 'commit') return model.possible(step.records);
  if (step.kind === 'large') return model.possible([voteAt(step.bytes % 3, step.bytes)]);
  return recordsOf(step, model);
}
