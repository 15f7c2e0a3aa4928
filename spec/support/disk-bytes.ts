import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A block of a file, as the system counts them. */
const BLOCK_BYTES = 512;

/** What the files in a directory take of the disk. Those that go away meanwhile take nothing. */
export async function diskBytes(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(noneWhereGone);
  const sizes = await Promise.all(
    names.map((name) => stat(join(directory, name)).then(({ blocks }) => [blocks * BLOCK_BYTES], noneWhereGone)),
  );
  return sizes.flat().reduce((sum, bytes) => sum + bytes, 0);
}

function noneWhereGone(error: unknown): never[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
