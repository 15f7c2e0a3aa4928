/** What all trials start from, kept in a directory that parent and children share. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import { dataFile } from '../../../lib/ledger/lmdb/data-file.js';
import type { Files, Originals } from './damages.js';
import { kindsOfJournal } from './journal-pages.js';
import { kindsOfPages } from './page-kinds.js';
import { copyFiles, writeLedgers } from './subject-ledger.js';
import { readAll, type Readings, use } from './trial.js';

export interface Base {
  readonly originals: Originals;
  /** What the ledgers tell. */
  readonly expected: Readings;
  /** What they told at each of the earlier states. */
  readonly earlier: readonly (readonly string[])[];
}

const LAST = 'last';
const EXPECTED = 'expected.json';

/** Writes the ledgers, as a process does that is killed: nothing is closed at the end. */
export async function writeBase(directory: string): Promise<void> {
  let states = 0;
  await writeLedgers(join(directory, LAST), () => {
    copyFiles(join(directory, LAST), stateDirectory(directory, states));
    states += 1;
  });
}

/** Reads the ledgers as they are, for what each trial has to find. */
export async function readBase(directory: string): Promise<void> {
  const trial = join(directory, 'sound');
  const nowhere = (): void => undefined;
  copyFiles(join(directory, LAST), trial);
  const expected = await use(trial, nowhere);
  const earlier: (readonly string[])[] = [];
  for (let state = 0; state < countStates(directory); state += 1) {
    rmSync(trial, { recursive: true });
    copyFiles(stateDirectory(directory, state), trial);
    earlier.push(await readAll(trial, nowhere));
  }
  rmSync(trial, { recursive: true });
  writeFileSync(join(directory, EXPECTED), JSON.stringify({ expected, earlier }));
}

export function openBase(directory: string): Base {
  const last = join(directory, LAST);
  const states = Array.from({ length: countStates(directory) }, (_, state) => stateDirectory(directory, state));
  const filesOf = (fileIn: (directory: string) => string): { readonly last: Buffer; readonly earlier: Buffer[] } => ({
    last: readFileSync(fileIn(last)),
    earlier: states.map((state) => readFileSync(fileIn(state))),
  });
  const told = JSON.parse(readFileSync(join(directory, EXPECTED), 'utf8')) as Omit<Base, 'originals'>;
  return {
    originals: {
      data: { ...filesOf(dataFile), pages: kindsOfPages(dataFile(last)) },
      journal: { ...filesOf(journalFile), pages: kindsOfJournal(journalFile(last)) },
    },
    ...told,
  };
}

/** Makes `trial` a ledger directory that holds nothing but these files. */
export function placeFiles(trial: string, { data, journal }: Files): void {
  rmSync(trial, { recursive: true, force: true });
  mkdirSync(trial);
  writeFileSync(dataFile(trial), data);
  if (journal !== null) writeFileSync(journalFile(trial), journal);
}

function countStates(directory: string): number {
  return readdirSync(directory).filter((name) => name.startsWith('state-')).length;
}

function stateDirectory(directory: string, state: number): string {
  return join(directory, `state-${state}`);
}
