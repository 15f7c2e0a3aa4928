import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';

import { InventoryTable } from '../../../lib/ledger/lmdb/inventory-table.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { openDirectories } from '../../../lib/ledger/lmdb/open-directories.js';
import type { RecordKey } from '../../../lib/ledger/records/inventory.js';
import { constants } from '../../../lib/model/constants.js';
import { at } from '../records.js';

/** What the names of the queue's databases begin with. */
export const QUEUE_NAME = '239.255.0.1%3A7400';

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'treplica-ledger-'));
}

export function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Replaces one stored value behind the ledger's back, or removes it: where `change` returns null. */
export async function tamper(
  directory: string,
  database: string,
  key: Key,
  change: (value: Buffer) => Buffer | null,
): Promise<void> {
  const root = openRoot(directory);
  root.transactionSync(() => {
    const table = openTable(root, database);
    const changed = change(table.get(key) ?? Buffer.alloc(0));
    if (changed) table.putSync(key, changed);
    else table.removeSync(key);
    const inventories = new InventoryTable(root, openTable<Buffer>(root, 'inventory'));
    inventories.noteTransaction(inventories.lastTransaction(directory).sequence);
  });
  await root.close();
}

/** Everything that is stored of `QUEUE`, once LMDB has what is in the journal. */
export async function storedValues(directory: string): Promise<Map<RecordKey, Buffer>> {
  await settle(directory);
  const root = openRoot(directory);
  const values = new Map<RecordKey, Buffer>();
  for (const { key, value } of openTable<Buffer>(root, `${QUEUE_NAME}/meta`).getRange()) values.set(String(key), value);
  for (const segment of root.getKeys({ start: `${QUEUE_NAME}/log/`, end: `${QUEUE_NAME}/log0` })) {
    const first = Number.parseInt(String(segment).split('/log/')[1]!, 16) * constants.segmentInstances;
    for (const { key, value } of openTable<number>(root, String(segment)).getRange())
      values.set(at(first + key), value);
  }
  values.set('inventory', openTable<Buffer>(root, 'inventory').get(Buffer.from(`queue/${QUEUE_NAME}`))!);
  await root.close();
  return values;
}

/** Puts one of the stored values of `QUEUE` back, or removes it. */
export async function putStored(directory: string, key: RecordKey, value: Buffer | null): Promise<void> {
  if (key === 'inventory') return tamper(directory, 'inventory', Buffer.from(`queue/${QUEUE_NAME}`), () => value);
  if (typeof key === 'string') return tamper(directory, `${QUEUE_NAME}/meta`, Buffer.from(key), () => value);
  const segment = Math.floor(key / constants.segmentInstances);
  const database = `${QUEUE_NAME}/log/${segment.toString(16).padStart(10, '0')}`;
  return tamper(directory, database, key % constants.segmentInstances, () => value);
}

/** Where this process has a ledger open, to open another one there lets LMDB have what is in the journal. */
async function settle(directory: string): Promise<void> {
  if (openDirectories.isEntered(realpathSync(directory))) await openLmdbLedger(directory, 'another queue').close();
}

export function flipLastBit(value: Buffer): Buffer {
  const changed = Buffer.from(value);
  changed[changed.length - 1]! ^= 1;
  return changed;
}

function openRoot(directory: string): RootDatabase<Buffer> {
  return open<Buffer>(directory, {
    noSubdir: false,
    overlappingSync: false,
    mapSize: constants.mapBytes,
    maxDbs: constants.namedDatabasesMax,
    encoding: 'binary',
  });
}

function openTable<K extends Key>(root: RootDatabase<Buffer>, name: string): Database<Buffer, K> {
  const keyEncoding = name.includes('/log/') ? 'uint32' : 'binary';
  return root.openDB<Buffer, K>(name, { keyEncoding, encoding: 'binary' });
}
