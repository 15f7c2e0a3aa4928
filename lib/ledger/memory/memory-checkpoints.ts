import { assert } from '../../model/assert.js';
import { type Checkpoint, isSameCheckpoint } from '../../model/checkpoint.js';
import {
  type CheckpointPlace,
  type CheckpointReader,
  type CheckpointReceiver,
  type CheckpointStore,
  type CheckpointWriter,
  nameOfCheckpoint,
} from '../checkpoint-store.js';
import {
  CheckpointDigest,
  CHUNK_HEAD_BYTES,
  chunkHead,
  chunkKeyCrc,
  isSound,
  stemOf,
} from '../checkpoints/checkpoint-codec.js';
import { assertSize } from '../checkpoints/checkpoint-output.js';
import { checkpointFailed, damagedCheckpoint, notAnnounced } from '../ledger-errors.js';
import type { DiskWrite } from './disk-write.js';

/** A checkpoint on a memory disk. */
interface StoredCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Encoded: each after its head. To be looked at and, in specs, to be damaged. */
  readonly chunks: Buffer[];
}

interface ReceivedCheckpoint extends StoredCheckpoint {
  /** How many of the chunks no crash can take. */
  durable: number;
}

/** The part of a queue's checkpoints that outlives its ledger. */
export interface MemoryCheckpointFile {
  /** By the place that they stand for, as in the names of files. */
  readonly complete: Map<string, StoredCheckpoint>;
  /** Those of other processes, of which not all has been received. */
  readonly received: Map<string, ReceivedCheckpoint>;
}

export class MemoryCheckpoints implements CheckpointStore {
  readonly #file: MemoryCheckpointFile;
  readonly #queueId: string;
  readonly #onWrite: (write: DiskWrite) => void;
  /** The step for the file when a write that is under way lands. */
  readonly #underWay = new Map<DiskWrite, () => void>();
  #hasCrashed = false;

  constructor(file: MemoryCheckpointFile, queueId: string, onWrite: (write: DiskWrite) => void) {
    this.#file = file;
    this.#queueId = queueId;
    this.#onWrite = onWrite;
  }

  create(place: CheckpointPlace): CheckpointWriter {
    return new MemoryWriter(this.#file, new ChunkList(this.#queueId, place, []), this);
  }

  async receive(checkpoint: Checkpoint): Promise<CheckpointReceiver> {
    const stem = stemOf(checkpoint);
    const earlier = this.#file.received.get(stem);
    const chunks = earlier && isSameCheckpoint(earlier.checkpoint, checkpoint) ? earlier.chunks : [];
    const unsound = chunks.findIndex((chunk, index) => !isSoundChunk(this.#queueId, checkpoint, index, chunk));
    if (unsound >= 0) chunks.splice(unsound);
    const stored = { checkpoint, chunks, durable: chunks.length };
    this.#file.received.set(stem, stored);
    return new MemoryReceiver(this.#file, new ChunkList(this.#queueId, checkpoint, chunks), stored, this);
  }

  async open(checkpoint: Checkpoint): Promise<CheckpointReader> {
    const stored = this.#file.complete.get(stemOf(checkpoint));
    const name = fullName(this.#queueId, checkpoint);
    if (!stored) throw damagedCheckpoint(name, 'it is not there');
    if (!isSameCheckpoint(stored.checkpoint, checkpoint)) throw damagedCheckpoint(name, 'it is another one');
    if (stored.chunks.length !== checkpoint.chunks) throw damagedCheckpoint(name, 'it is cut short');
    return new MemoryReader(this.#queueId, checkpoint, [...stored.chunks], name);
  }

  async removeUnfinished(): Promise<void> {
    // Nothing of one is on the disk before it is finished.
  }

  async keepOnly(checkpoints: readonly Checkpoint[]): Promise<void> {
    const kept = new Set(checkpoints.map(stemOf));
    for (const stem of [...this.#file.complete.keys()]) if (!kept.has(stem)) this.#file.complete.delete(stem);
    for (const stem of [...this.#file.received.keys()]) if (!kept.has(stem)) this.#file.received.delete(stem);
  }

  /** Removes what no process can use any more: all but the checkpoint to start from, and later ones being received. */
  removeStrays(checkpoint: Checkpoint | null): void {
    for (const stem of [...this.#file.complete.keys()])
      if (!checkpoint || stem !== stemOf(checkpoint)) this.#file.complete.delete(stem);
    for (const [stem, stored] of [...this.#file.received])
      if (checkpoint && stored.checkpoint.next < checkpoint.next) this.#file.received.delete(stem);
  }

  /** Has `bytes` of a list written. Rejects where that fails, or has failed, and never settles in a process that has crashed. */
  write(list: ChunkList, bytes: number, apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hasCrashed) return;
      if (list.failure) {
        reject(list.failure);
        return;
      }
      const write: DiskWrite = {
        bytes,
        complete: () => {
          if (this.#finish(write, true)) resolve();
        },
        fail: (cause, lands = false) => {
          if (!this.#finish(write, lands)) return;
          list.failure = checkpointFailed(fullName(this.#queueId, list.place), cause, null);
          reject(list.failure);
        },
      };
      this.#underWay.set(write, apply);
      this.#onWrite(write);
    });
  }

  /** As `MemoryDisk.crash`. */
  crash(lands: boolean): void {
    this.#hasCrashed = true;
    for (const write of [...this.#underWay.keys()]) this.#finish(write, lands);
    if (!lands) for (const { chunks, durable } of this.#file.received.values()) chunks.splice(durable);
  }

  /** Whether `write` was under way. */
  #finish(write: DiskWrite, lands: boolean): boolean {
    const apply = this.#underWay.get(write);
    if (apply === undefined) return false;
    this.#underWay.delete(write);
    if (lands) apply();
    return true;
  }
}

/** Chunks as they are stored, and their digest. */
class ChunkList {
  readonly digest = new CheckpointDigest();
  /** Why nothing more of it is written. */
  failure: Error | null = null;
  #bytes = 0;

  constructor(
    readonly queueId: string,
    readonly place: CheckpointPlace,
    readonly chunks: Buffer[],
  ) {
    for (const chunk of chunks) this.#count(chunk.subarray(CHUNK_HEAD_BYTES));
  }

  /** Returns how many bytes it takes. */
  add(chunk: Uint8Array): number {
    assertSize(chunk);
    const head = chunkHead(chunk, chunkKeyCrc(this.queueId, this.place, this.chunks.length));
    const encoded = Buffer.concat([head, chunk]);
    this.chunks.push(encoded);
    this.#count(chunk);
    return encoded.length;
  }

  /** Ends it. */
  complete(): Checkpoint {
    const { next, position } = this.place;
    return { next, position, chunks: this.chunks.length, bytes: this.#bytes, digest: this.digest.hex() };
  }

  #count(chunk: Uint8Array): void {
    this.digest.add(chunk);
    this.#bytes += chunk.length;
  }
}

class MemoryWriter implements CheckpointWriter {
  readonly #file: MemoryCheckpointFile;
  readonly #list: ChunkList;
  readonly #store: MemoryCheckpoints;

  constructor(file: MemoryCheckpointFile, list: ChunkList, store: MemoryCheckpoints) {
    this.#file = file;
    this.#list = list;
    this.#store = store;
  }

  async append(chunk: Uint8Array): Promise<void> {
    return this.#store.write(this.#list, this.#list.add(chunk), nothing);
  }

  async finish(): Promise<Checkpoint> {
    const { chunks } = this.#list;
    const checkpoint = this.#list.complete();
    await this.#store.write(this.#list, 0, () => {
      this.#file.complete.set(stemOf(checkpoint), { checkpoint, chunks });
    });
    return checkpoint;
  }

  async abandon(): Promise<void> {
    // Nothing of it is on the disk before it is finished.
  }
}

class MemoryReceiver implements CheckpointReceiver {
  readonly #file: MemoryCheckpointFile;
  readonly #list: ChunkList;
  readonly #stored: ReceivedCheckpoint;
  readonly #store: MemoryCheckpoints;

  constructor(file: MemoryCheckpointFile, list: ChunkList, stored: ReceivedCheckpoint, store: MemoryCheckpoints) {
    this.#file = file;
    this.#list = list;
    this.#stored = stored;
    this.#store = store;
  }

  get received(): number {
    return this.#list.chunks.length;
  }

  async append(chunk: Uint8Array): Promise<void> {
    return this.#store.write(this.#list, this.#list.add(chunk), nothing);
  }

  async finish(): Promise<void> {
    const { checkpoint, chunks } = this.#stored;
    const stem = stemOf(checkpoint);
    if (!isSameCheckpoint(this.#list.complete(), checkpoint)) {
      this.#file.received.delete(stem);
      throw notAnnounced(fullName(this.#list.queueId, checkpoint));
    }
    await this.#store.write(this.#list, 0, () => {
      this.#file.received.delete(stem);
      this.#file.complete.set(stem, { checkpoint, chunks });
    });
  }

  async pause(): Promise<void> {
    await this.#store.write(this.#list, 0, () => {
      this.#stored.durable = this.#stored.chunks.length;
    });
  }
}

class MemoryReader implements CheckpointReader {
  readonly #queueId: string;
  readonly #checkpoint: Checkpoint;
  readonly #chunks: readonly Buffer[];
  readonly #name: string;

  constructor(queueId: string, checkpoint: Checkpoint, chunks: readonly Buffer[], name: string) {
    this.#queueId = queueId;
    this.#checkpoint = checkpoint;
    this.#chunks = chunks;
    this.#name = name;
  }

  async chunk(index: number): Promise<Buffer> {
    const stored = this.#chunks[index];
    assert(stored !== undefined, 'a checkpoint has the chunk that is read', { index, checkpoint: this.#checkpoint });
    if (!isSoundChunk(this.#queueId, this.#checkpoint, index, stored)) {
      throw damagedCheckpoint(`chunk ${index} of the ${this.#name}`, 'its checksum is wrong');
    }
    return Buffer.from(stored.subarray(CHUNK_HEAD_BYTES));
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }
}

function isSoundChunk(queueId: string, place: CheckpointPlace, index: number, stored: Buffer): boolean {
  if (stored.length < CHUNK_HEAD_BYTES) return false;
  return isSound(stored, stored.subarray(CHUNK_HEAD_BYTES), chunkKeyCrc(queueId, place, index));
}

function fullName(queueId: string, place: CheckpointPlace): string {
  return `${nameOfCheckpoint(place)} of queue ${queueId} on a memory disk`;
}

function nothing(): void {
  // The chunk is in its list, which a crash cuts to what is durable.
}
