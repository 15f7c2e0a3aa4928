/** What all trials start from, kept in a directory that parent and children share. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { dataFile } from '../../../lib/ledger/data-file.js';
import type { Originals } from './damages.js';
import { kindsOfPages } from './page-kinds.js';
import { copyDataFile, writeLedgers } from './subject-ledger.js';
import { readAll, use, type Readings } from './trial.js';

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
    copyDataFile(join(directory, LAST), stateDirectory(directory, states));
    states += 1;
  });
}

/** Reads the ledgers as they are, for what each trial has to find. */
export async function readBase(directory: string): Promise<void> {
  const trial = join(directory, 'sound');
  const nowhere = (): void => undefined;
  copyDataFile(join(directory, LAST), trial);
  const expected = await use(trial, nowhere);
  const earlier: (readonly string[])[] = [];
  for (let state = 0; state < countStates(directory); state += 1) {
    rmSync(trial, { recursive: true });
    copyDataFile(stateDirectory(directory, state), trial);
    earlier.push(await readAll(trial, nowhere));
  }
  rmSync(trial, { recursive: true });
  writeFileSync(join(directory, EXPECTED), JSON.stringify({ expected, earlier }));
}

export function openBase(directory: string): Base {
  const last = dataFile(join(directory, LAST));
  const states = Array.from({ length: countStates(directory) }, (_, state) => stateDirectory(directory, state));
  const told = JSON.parse(readFileSync(join(directory, EXPECTED), 'utf8')) as Omit<Base, 'originals'>;
  return {
    originals: {
      last: readFileSync(last),
      earlier: states.map((state) => readFileSync(dataFile(state))),
      pages: kindsOfPages(last),
    },
    ...told,
  };
}

/** Makes `trial` a ledger directory that holds nothing but this data file. */
export function placeDataFile(trial: string, bytes: Buffer): void {
  rmSync(trial, { recursive: true, force: true });
  mkdirSync(trial);
  writeFileSync(dataFile(trial), bytes);
}

function countStates(directory: string): number {
  return readdirSync(directory).filter((name) => name.startsWith('state-')).length;
}

function stateDirectory(directory: string, state: number): string {
  return join(directory, `state-${state}`);
}
