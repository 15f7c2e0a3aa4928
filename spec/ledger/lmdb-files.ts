import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { open, type Key } from 'lmdb';

export const QUEUE = '239.255.0.1:7400';
/** What the names of the queue's databases begin with. */
export const QUEUE_NAME = '239.255.0.1%3A7400';

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'treplica-ledger-'));
}

export function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Replaces one stored value behind the ledger's back. */
export async function tamper(
  directory: string,
  database: string,
  key: Key,
  change: (value: Buffer) => Buffer,
): Promise<void> {
  const root = open<Buffer>(directory, { noSubdir: false, overlappingSync: false, encoding: 'binary' });
  const keyEncoding = typeof key === 'number' ? 'uint32' : 'binary';
  const table = root.openDB<Buffer>(database, { keyEncoding, encoding: 'binary' });
  table.putSync(key, change(table.get(key)!));
  await root.close();
}

export function flipLastBit(value: Buffer): Buffer {
  const changed = Buffer.from(value);
  changed[changed.length - 1]! ^= 1;
  return changed;
}
