import type { MemoryFile } from '../ledger/memory-ledger.js';
import { metaKey } from '../ledger/record-codec.js';
import type { Instance } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import type { Random } from './random.js';

/** What may become of a record on a disk. */
export type Damage = 'flipped bit' | 'vanished record' | 'torn write';

/** Damages one record of what a disk holds, any of them or one of those written last. Returns which; null where there is none. */
export function damage(
  file: MemoryFile,
  kind: Damage,
  random: Random,
  written: readonly LedgerRecord[] | null = null,
): string | null {
  const keys = written === null ? [...file.meta.keys(), ...file.entries.keys()] : written.map(keyOf);
  if (keys.length === 0) return null;
  const key = random.pick(keys);
  const value = typeof key === 'string' ? file.meta.get(key) : file.entries.get(key);
  if (value === undefined) return null;
  if (kind === 'vanished record') {
    if (typeof key === 'string') file.meta.delete(key);
    else file.entries.delete(key);
    return String(key);
  }
  const damaged = kind === 'torn write' ? value.subarray(0, random.below(value.length)) : flipped(value, random);
  if (typeof key === 'string') file.meta.set(key, damaged);
  else file.entries.set(key, damaged);
  return String(key);
}

function keyOf(record: LedgerRecord): string | Instance {
  return record.kind === 'entry' ? record.entry.instance : metaKey(record);
}

function flipped(value: Buffer, random: Random): Buffer {
  const copy = Buffer.from(value);
  const at = random.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
}
