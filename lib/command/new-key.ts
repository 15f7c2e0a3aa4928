import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';

import { TreplicaError } from '../model/errors.js';
import { KEY_ID_MAX } from '../model/keys.js';
import { readKeyFile } from '../paxos/keys.js';
import { KEY_BYTES } from '../transport/frame/key-ring.js';

/** A key that was added to a file; its bytes are told to nobody. */
export interface NewKey {
  readonly file: string;
  readonly id: number;
  readonly isNewFile: boolean;
}

/**
 * Adds a random key to `file` with the id behind the highest there, or makes the file, for its user alone, with the key 1.
 * @throws TreplicaError INVALID_OPTION for a file that cannot be read or holds no keys; what the file system throws
 */
export async function addKey(file: string): Promise<NewKey> {
  const key = randomBytes(KEY_BYTES).toString('base64');
  try {
    await writeFile(file, `1 ${key}\n`, { flag: 'wx', mode: 0o600 });
    return { file, id: 1, isNewFile: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { keys } = await readKeyFile(file);
  const id = Math.max(...keys.map((known) => known.id)) + 1;
  if (id > KEY_ID_MAX)
    throw new TreplicaError(
      'INVALID_OPTION',
      `The file of keys ${file} has the last id that there is: begin a new file, with a new group.`,
    );
  await appendFile(file, `\n${String(id)} ${key}\n`);
  return { file, id, isNewFile: false };
}
