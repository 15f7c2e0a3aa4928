/**
 * Looks into the ledgers of a directory without taking part in them: whose they are, what they hold and what is damaged. For
 * the command, for backups and for whatever shows a person a ledger; its process may run meanwhile.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { constants } from '../model/constants.js';
import type { TreplicaError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import { checkpointsDirectory } from './checkpoints/checkpoint-layout.js';
import { damaged } from './ledger-errors.js';
import { dataFile, listDamages, readStored } from './lmdb/data-file.js';
import { type DirectoryOwner, OWNER_KEY, ownerOf } from './lmdb/owner.js';
import { OWNER } from './lmdb/table-names.js';
import { describeDamage } from './lmdb-file/page-damage.js';
import { segmentsOf } from './records/log-state.js';

export { verifyChunks } from './checkpoints/verify-chunks.js';
export type { LedgerReader } from './ledger-reader.js';
export { listLedgers, openLmdbLedgerForReading } from './lmdb/lmdb-reader.js';
export type { DirectoryOwner } from './lmdb/owner.js';
export { setAsideIn } from './lmdb/set-aside.js';
export { walkLog } from './log-walk.js';

/** The bytes on the disk of the ledgers of a directory. */
export interface LedgerSizes {
  readonly dataBytes: number;
  readonly checkpointBytes: number;
}

export function hasLedger(directory: string): boolean {
  return existsSync(dataFile(directory));
}

/**
 * The process that has taken a directory; null where the last one has given it back.
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function ownerIn(directory: string): DirectoryOwner | null {
  return ownerOf(readStored(directory, { table: OWNER, key: OWNER_KEY }), directory);
}

/**
 * Every page that is damaged in the data file of a directory on which no process runs: LMDB would believe such a page, or end
 * this process over it.
 * @throws TreplicaError LEDGER_VERSION
 */
export function damagedPagesIn(directory: string): readonly TreplicaError[] {
  const file = `data file ${dataFile(directory)}`;
  return listDamages(directory).map((damage) => damaged(file, describeDamage(damage)));
}

export function sizesIn(directory: string): LedgerSizes {
  return { dataBytes: sizeOf(dataFile(directory)), checkpointBytes: sizeOf(checkpointsDirectory(directory)) };
}

/** The number of segments of a log that holds the instances `start <= instance < end`. */
export function segmentsBetween(start: Instance, end: Instance): number {
  return segmentsOf(start, end, constants.segmentInstances);
}

/** The bytes on the disk of a file, or of all files in a directory; a file that is removed meanwhile has no size. */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return 512 * stat.blocks;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
