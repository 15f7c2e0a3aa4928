import { closeSync, existsSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { TreplicaError } from '../../model/errors.js';
import { anotherVersion, damaged } from '../ledger-errors.js';
import { findDamage } from '../lmdb-file/find-damage.js';
import { findValue } from '../lmdb-file/find-value.js';
import { type MetaPages, readMetaPages } from '../lmdb-file/meta-pages.js';
import { describeDamage, type PageDamage } from '../lmdb-file/page-damage.js';
import { PageFile } from '../lmdb-file/page-file.js';
import type { KeyOrder } from '../lmdb-file/tree-page.js';

/** The two files that LMDB keeps in the directory of an environment. */
export function dataFile(directory: string): string {
  return join(directory, 'data.mdb');
}

export function lockFile(directory: string): string {
  return join(directory, 'lock.mdb');
}

/** After so many changes of the file during an examination, an unknown process is said to write it. */
const ATTEMPTS_MAX = 5;

/** Throws where the owner's record tells that a process has the directory. */
export type AssertFree = (ownerRecord: Buffer | undefined) => void;

/** Where the record is kept that names the owner of a directory. */
export interface OwnerPlace {
  readonly table: string;
  readonly key: Buffer;
}

/**
 * Reads everything in a data file that LMDB relies on, and refuses a damaged one: LMDB would believe it, or a signal
 * would end the process. The contents of values are not examined. The owner's record comes first, because the file of a
 * living owner may change at any moment. If the file has changed, the finding means nothing, and the file is examined
 * again.
 * @throws TreplicaError LEDGER_DAMAGED, naming the page and the table; LEDGER_VERSION; DIRECTORY_IN_USE where the file does
 * not cease to change; and whatever `assertFree` throws
 */
export function checkDataFile(directory: string, place: OwnerPlace, assertFree: AssertFree): void {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { damages, hasChanged } = examine(directory, (file, metaPages) =>
      firstDamage(file, metaPages, place, assertFree),
    );
    const [damage] = damages;
    if (damage === undefined) return;
    if (!hasChanged) throw damaged(`data file ${dataFile(directory)}`, describeDamage(damage));
  }
  throw new TreplicaError(
    'DIRECTORY_IN_USE',
    `Directory ${directory} is in use: its data file is being written by a process that this one cannot see, in another container perhaps. Stop that process, or give this one a directory of its own.`,
  );
}

/**
 * Every damage in a data file that no process writes; empty where there is none.
 * @throws TreplicaError LEDGER_VERSION
 */
export function listDamages(directory: string): readonly PageDamage[] {
  return examine(directory, (file, metaPages) => [...findDamage(file, metaPages, orderOf)]).damages;
}

/**
 * The value stored at `place` of a file that may be written meanwhile; undefined where there is none.
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function readStored(directory: string, { table, key }: OwnerPlace): Buffer | undefined {
  let value: Buffer | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const { damages, hasChanged } = examine(directory, (file, { newest }) => {
      const found = findValue(file, newest, table, key);
      if (found.kind === 'damage') return [found.damage];
      value = found.value && Buffer.from(found.value);
      return [];
    });
    const [damage] = damages;
    if (damage === undefined) return value;
    if (!hasChanged || attempt === ATTEMPTS_MAX)
      throw damaged(`data file ${dataFile(directory)}`, describeDamage(damage));
  }
}

/**
 * Within a transaction of the file: makes it as long as LMDB believes it to be. The file may be shorter, where pages at its
 * end were allocated and freed without being written, or where it was cut behind its last page in use. A signal would end a
 * process that reads what is mapped beyond the end of a file.
 */
export function fillUpDataFile(directory: string): void {
  const path = dataFile(directory);
  if (!existsSync(path)) return;
  const fd = openSync(path, 'r+');
  try {
    const reading = readMetaPages(fd);
    if (reading.kind !== 'meta pages') return; // The file has just been created.
    const bytes = (reading.newest.lastPage + 1) * reading.pageBytes;
    if (fstatSync(fd).size < bytes) ftruncateSync(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

interface Examination {
  readonly damages: readonly PageDamage[];
  /**
   * Whether a transaction has ended meanwhile. LMDB overwrites the pages of a state only after another state has followed.
   */
  readonly hasChanged: boolean;
}

function examine(
  directory: string,
  find: (file: PageFile, metaPages: MetaPages) => readonly PageDamage[],
): Examination {
  const path = dataFile(directory);
  const fd = openSync(path, 'r');
  try {
    const reading = readMetaPages(fd);
    if (reading.kind === 'version') throw anotherVersion(`data file ${path}`, `LMDB's data format ${reading.version}`);
    const damages = reading.kind === 'damage' ? [reading.damage] : find(new PageFile(fd, reading.pageBytes), reading);
    if (damages.length === 0) return { damages, hasChanged: false };
    const again = readMetaPages(fd);
    return { damages, hasChanged: again.kind === 'version' || !again.bytes.equals(reading.bytes) };
  } finally {
    closeSync(fd);
  }
}

function firstDamage(
  file: PageFile,
  metaPages: MetaPages,
  place: OwnerPlace,
  assertFree: AssertFree,
): readonly PageDamage[] {
  const owner = findValue(file, metaPages.newest, place.table, place.key);
  if (owner.kind === 'damage') return [owner.damage];
  assertFree(owner.value);
  for (const damage of findDamage(file, metaPages, orderOf)) return [damage];
  return [];
}

/** A segment of a log is keyed by numbers, every other table by bytes. */
function orderOf(table: string): KeyOrder {
  return table.includes('/log/') ? 'uint32' : 'bytes';
}
