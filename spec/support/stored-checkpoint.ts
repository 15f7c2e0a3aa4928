import type { CheckpointStore } from '../../lib/ledger/checkpoint-store.js';
import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { Instance, Position } from '../../lib/model/ids.js';

const QUEUE = 'queue';

/** A disk in memory with checkpoints on it. */
export class CheckpointDisk {
  readonly disk: MemoryDisk;
  readonly store: CheckpointStore;

  constructor(options: ConstructorParameters<typeof MemoryDisk>[1] = {}) {
    this.disk = new MemoryDisk(undefined, options);
    this.store = this.disk.open(QUEUE).checkpoints;
  }

  /** What is in the store, complete or not: how many chunks of each, by its first instance. */
  get complete(): [next: number, chunks: number][] {
    const { complete } = this.disk.file(QUEUE).checkpoints;
    return Array.from(complete.values(), ({ checkpoint, chunks }) => [checkpoint.next, chunks.length]);
  }

  get received(): [next: number, chunks: number][] {
    const { received } = this.disk.file(QUEUE).checkpoints;
    return Array.from(received.values(), ({ checkpoint, chunks }) => [checkpoint.next, chunks.length]);
  }

  async save(next: number, chunks: readonly (string | Uint8Array)[]): Promise<Checkpoint> {
    const writer = this.store.create({ next: next as Instance, position: next as unknown as Position });
    for (const chunk of chunks) await writer.append(Buffer.from(chunk));
    return writer.finish();
  }

  /** Changes a byte of a chunk. */
  damage(next: number, chunk: number): void {
    for (const { checkpoint, chunks } of this.disk.file(QUEUE).checkpoints.complete.values()) {
      const stored = checkpoint.next === next ? chunks[chunk] : undefined;
      if (stored !== undefined) stored[stored.length - 1]! ^= 1;
    }
  }

  async chunksOf(checkpoint: Checkpoint): Promise<string[]> {
    const reader = await this.store.open(checkpoint);
    const chunks = [];
    for (let index = 0; index < checkpoint.chunks; index += 1) chunks.push(String(await reader.chunk(index)));
    return chunks;
  }
}
