import { type FileHandle, open } from 'node:fs/promises';

import { readAt } from '../../bytes/read-at.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import { CHUNK_HEAD_BYTES, chunkKeyCrc, isSound } from './checkpoint-codec.js';
import { decodeHead, HEAD_BYTES } from './checkpoint-layout.js';
import type { CheckpointOutput } from './checkpoint-output.js';

/**
 * Looks for a beginning of `checkpoint` in the file at `path`. Where there is one, returns a function that tells `output` of
 * every chunk up to the first that is not sound, and returns the offset of their end. Null where there is none.
 */
export async function receivedOf(
  path: string,
  queueId: string,
  checkpoint: Checkpoint,
): Promise<((output: CheckpointOutput) => Promise<number>) | null> {
  const file = await openExisting(path);
  if (file === null) return null;
  try {
    const head = await readAt(file, HEAD_BYTES, 0);
    if (decodeHead(head, queueId, checkpoint, path) === checkpoint.digest) {
      return (output) => scan(path, queueId, checkpoint, output);
    }
  } catch (error) {
    if (!(error instanceof TreplicaError)) throw error;
  } finally {
    await file.close();
  }
  return null;
}

async function scan(path: string, queueId: string, checkpoint: Checkpoint, output: CheckpointOutput): Promise<number> {
  const file = await open(path, 'r');
  try {
    while (output.offsets.length < checkpoint.chunks) {
      const index = output.offsets.length;
      const head = await readAt(file, CHUNK_HEAD_BYTES, output.end);
      if (head.length < CHUNK_HEAD_BYTES) break;
      const length = head.readUInt32LE(0);
      if (length > constants.checkpointChunkBytesMax) break;
      const chunk = await readAt(file, length, output.end + CHUNK_HEAD_BYTES);
      if (!isSound(head, chunk, chunkKeyCrc(queueId, checkpoint, index))) break;
      output.note(chunk);
    }
    return output.end;
  } finally {
    await file.close();
  }
}

/** Null where there is no such file. */
export async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
