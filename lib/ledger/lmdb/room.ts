import { readdirSync, statfsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

import { limitOf } from './system-limits.js';

/** With less free space a disk counts as full, even if the error says only that a write has failed. */
const FULL_BYTES = 1024 * 1024;

const { ENOSPC, EDQUOT, EFBIG } = constants.errno;

/**
 * A part of a sentence that tells why a write in `directory` had no room; null where it failed for another reason. LMDB
 * reports every write that was cut short as an input or output error, so the system is asked too.
 */
export function lackOfRoom(directory: string, cause: unknown): string | null {
  const code = errnoOf(cause);
  if (code === EDQUOT) return 'the quota of its user or project is used up on that disk';
  if (code === EFBIG || (code !== ENOSPC && isAtFileLimit(directory)))
    return `a file there has reached the ${limitOf('file size')} bytes that this process may give one (ulimit -f)`;
  const disk = diskOf(directory);
  if (disk === null) return code === ENOSPC ? 'the disk is full' : null;
  const { freeBytes, bytes, hasFiles } = disk;
  if (code === ENOSPC && !hasFiles) return 'the disk has no inode left, and so takes no further file';
  if (code !== ENOSPC && freeBytes >= FULL_BYTES) return null;
  const is = freeBytes < FULL_BYTES ? 'is full' : 'has no room for it';
  return `the disk ${is}: ${freeBytes} of its ${bytes} bytes are free`;
}

/** Node gives the name of an error of the system, LMDB its number. */
function errnoOf(cause: unknown): number | null {
  const { code, errno } = (cause ?? {}) as { readonly code?: unknown; readonly errno?: unknown };
  if (typeof code === 'number') return code;
  return typeof errno === 'number' ? Math.abs(errno) : null;
}

function diskOf(directory: string) {
  try {
    const { bavail, bsize, blocks, files, ffree } = statfsSync(directory);
    return { freeBytes: bavail * bsize, bytes: blocks * bsize, hasFiles: files === 0 || ffree > 0 };
  } catch {
    return null;
  }
}

/** LMDB writes up to the limit, and then reports that its write was cut short. */
function isAtFileLimit(directory: string): boolean {
  const limit = limitOf('file size');
  if (limit === Infinity) return false;
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size);
  return Math.max(0, ...sizes.filter((size) => size !== undefined)) > limit - FULL_BYTES;
}
