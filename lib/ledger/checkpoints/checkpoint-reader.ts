import type { FileHandle } from 'node:fs/promises';

import { readAt } from '../../bytes/read-at.js';
import { assert } from '../../model/assert.js';
import { type Checkpoint, isSameCheckpoint } from '../../model/checkpoint.js';
import type { CheckpointReader } from '../checkpoint-store.js';
import { damagedCheckpoint } from '../ledger-errors.js';
import { CHUNK_HEAD_BYTES, chunkKeyCrc, isSound } from './checkpoint-codec.js';
import { decodeEnd, decodeHead, decodeTail, endBytes, HEAD_BYTES, TAIL_BYTES } from './checkpoint-layout.js';
import { openExisting } from './checkpoint-scan.js';

/** Reads the chunks of a complete file in any order. The file may be removed meanwhile. */
export class FileCheckpointReader implements CheckpointReader {
  readonly #file: FileHandle;
  readonly #queueId: string;
  readonly #checkpoint: Checkpoint;
  readonly #name: string;
  /** The offset of each chunk, and that of the end of the last one. */
  readonly #offsets: readonly number[];

  /** @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION */
  static async open(path: string, queueId: string, checkpoint: Checkpoint, name: string): Promise<CheckpointReader> {
    const file = await openExisting(path).catch((cause: unknown) => {
      throw damagedCheckpoint(name, (cause as Error).message, cause);
    });
    if (file === null) throw damagedCheckpoint(name, 'it is not there');
    try {
      const offsets = await readOffsets(file, queueId, checkpoint, name);
      return new FileCheckpointReader(file, queueId, checkpoint, name, offsets);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(
    file: FileHandle,
    queueId: string,
    checkpoint: Checkpoint,
    name: string,
    offsets: readonly number[],
  ) {
    this.#file = file;
    this.#queueId = queueId;
    this.#checkpoint = checkpoint;
    this.#name = name;
    this.#offsets = offsets;
  }

  async chunk(index: number): Promise<Buffer> {
    const [start, end] = [this.#offsets[index], this.#offsets[index + 1]];
    const { chunks } = this.#checkpoint;
    assert(start !== undefined && end !== undefined, 'a checkpoint has the chunk that is read', { index, chunks });
    const name = `chunk ${index} of the ${this.#name}`;
    const stored = await readAt(this.#file, end - start, start).catch((cause: unknown) => {
      throw damagedCheckpoint(name, (cause as Error).message, cause);
    });
    if (stored.length < end - start) throw damagedCheckpoint(name, 'it ends too early');
    const chunk = stored.subarray(CHUNK_HEAD_BYTES);
    if (!isSound(stored, chunk, chunkKeyCrc(this.#queueId, this.#checkpoint, index))) {
      throw damagedCheckpoint(name, 'its checksum is wrong');
    }
    return chunk;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function readOffsets(
  file: FileHandle,
  queueId: string,
  checkpoint: Checkpoint,
  name: string,
): Promise<readonly number[]> {
  decodeHead(await readAt(file, HEAD_BYTES, 0), queueId, checkpoint, name);
  const { size } = await file.stat();
  const tail = await readAt(file, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
  if (tail.length < TAIL_BYTES) throw damagedCheckpoint(name, 'it is cut short');
  const { checkpoint: stored } = decodeTail(tail);
  if (!isSameCheckpoint(stored, checkpoint)) throw damagedCheckpoint(name, 'it is cut short, or another one');
  const bytes = endBytes(checkpoint.chunks);
  const end = await readAt(file, bytes, Math.max(0, size - bytes));
  const offsets = end.length === bytes ? decodeEnd(end, queueId, checkpoint) : null;
  if (offsets === null) throw damagedCheckpoint(name, 'the checksum of its index is wrong');
  return offsets;
}
