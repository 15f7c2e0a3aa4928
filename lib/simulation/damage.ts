import type { MemoryFile } from '../ledger/memory/memory-ledger.js';
import { keyOf } from '../ledger/memory/record-key.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Instance } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import type { Random } from './random.js';

/** The things that may happen to a record on a disk. */
export type InjectedDamage = 'flipped bit' | 'vanished record' | 'torn write';

/** Damages one record of what a disk holds, any of them or one of those written last. Returns which; null where there is none. */
export function damage(
  file: MemoryFile,
  kind: InjectedDamage,
  random: Random,
  written: readonly LedgerRecord[] | null = null,
): string | Instance | null {
  const keys = written === null ? [...file.meta.keys(), ...file.entries.keys()] : written.map(keyOf);
  if (keys.length === 0) return null;
  const key = random.pick(keys);
  const value = typeof key === 'string' ? file.meta.get(key) : file.entries.get(key);
  if (value === undefined) return null;
  if (kind === 'vanished record') {
    if (typeof key === 'string') file.meta.delete(key);
    else file.entries.delete(key);
    return key;
  }
  const damaged = kind === 'torn write' ? value.subarray(0, random.below(value.length)) : flipped(value, random);
  if (typeof key === 'string') file.meta.set(key, damaged);
  else file.entries.set(key, damaged);
  return key;
}

/** Damages what was decided at one instance below the watermark. Returns which; null where the log is empty there. */
export function damageDecision(file: MemoryFile, watermark: number, random: Random): Instance | null {
  const decided = [...file.entries].filter(([instance]) => instance < watermark);
  if (decided.length === 0) return null;
  const [instance, value] = random.pick(decided);
  if (random.chance(0.5)) file.entries.delete(instance);
  else file.entries.set(instance, flipped(value, random));
  return instance;
}

/** Damages one chunk of a checkpoint, or takes all of it away. Returns what has been done; null where it is not there. */
export function damageCheckpoint(file: MemoryFile, checkpoint: Checkpoint, random: Random): string | null {
  for (const [stem, stored] of file.checkpoints.complete) {
    if (stored.checkpoint.digest !== checkpoint.digest) continue;
    if (random.chance(0.3)) {
      file.checkpoints.complete.delete(stem);
      return 'all of it';
    }
    const index = random.below(stored.chunks.length);
    const chunk = stored.chunks[index];
    if (chunk === undefined) return null;
    stored.chunks[index] = random.chance(0.5) ? flipped(chunk, random) : chunk.subarray(0, random.below(chunk.length));
    return `chunk ${index}`;
  }
  return null;
}

function flipped(value: Buffer, random: Random): Buffer {
  const copy = Buffer.from(value);
  const at = random.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
}
