import type { Checkpoint } from '../../model/checkpoint.js';
import { isDamage, type TreplicaError } from '../../model/errors.js';
import { type CheckpointReader, nameOfCheckpoint } from '../checkpoint-store.js';
import { damagedCheckpoint } from '../ledger-errors.js';
import { CheckpointDigest } from './checkpoint-codec.js';

/** The findings after all chunks of a checkpoint were read. */
export interface ChunksFound {
  /** The number of chunks that are sound. */
  readonly sound: number;
  readonly damages: readonly TreplicaError[];
}

/**
 * Reads every chunk of `checkpoint` and compares all of them together with its digest.
 * @throws whatever is not damage
 */
export async function verifyChunks(checkpoint: Checkpoint, reader: CheckpointReader): Promise<ChunksFound> {
  const digest = new CheckpointDigest();
  const damages: TreplicaError[] = [];
  for (let index = 0; index < checkpoint.chunks; index += 1) {
    try {
      digest.add(await reader.chunk(index));
    } catch (error) {
      if (!isDamage(error)) throw error;
      damages.push(error);
    }
  }
  const sound = checkpoint.chunks - damages.length;
  if (damages.length === 0 && digest.hex() !== checkpoint.digest) {
    damages.push(damagedCheckpoint(nameOfCheckpoint(checkpoint), 'its chunks are not those that were written'));
  }
  return { sound, damages };
}
