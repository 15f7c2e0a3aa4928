import { type Arriving, mayPrecedeAnswer } from '../../consensus/arriving.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import type { Settings } from '../../model/settings.js';
import type { RepairMessageOf } from '../wire/repair-messages.js';
import type { Offer } from './offers.js';

export interface ChunkRequestsOptions {
  readonly settings: Settings;
  /** In ticks. */
  readonly roundTripTo: (process: ProcessId) => number;
  readonly send: (to: ProcessId, message: RepairMessageOf<'want-chunk'>) => void;
}

/** A chunk that is asked for. Times are in ticks since the first request. */
interface Asked {
  readonly source: ProcessId;
  readonly at: number;
  /** When anything large last came from the source. */
  arrivedAt: number;
  /** How much has come from it since the chunk was asked for. */
  arrivedBytes: number;
  readonly waitTicks: number;
  /** How often it has been asked for before. */
  readonly attempt: number;
}

/** Asks the sources of a checkpoint for its chunks, several at a time, all of them in turn, and drops those that are silent. */
export class ChunkRequests {
  readonly #options: ChunkRequestsOptions;
  readonly #checkpoint: Checkpoint;
  readonly #sources: ProcessId[];
  /** When each of them was last heard. */
  readonly #heardAt = new Map<ProcessId, number>();
  /** Chunks that have been asked for and have not come. */
  readonly #asked = new Map<number, Asked>();
  /** For how long the chunks that are asked for at one time may be on their way. */
  readonly #patienceTicks: number;
  #now = 0;
  /** For how long no process has sent requested data. */
  #silentTicks = 0;
  /** The next chunk to be asked for. */
  #next: number;

  /** The chunks below `next` are here. */
  constructor(options: ChunkRequestsOptions, { checkpoint, sources }: Offer, next: number) {
    const { chunkTicks, bytesATick, chunksInFlightMax } = options.settings;
    const { bytes, chunks } = checkpoint;
    const bytesInFlight = Math.min(bytes / chunks, constants.checkpointChunkBytesMax) * chunksInFlightMax;
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#sources = [...sources];
    this.#patienceTicks = chunkTicks + Math.floor(bytesInFlight / bytesATick);
    this.#next = next;
  }

  /** The processes that have the checkpoint and answer, as far as is known. */
  get sources(): readonly ProcessId[] {
    return this.#sources;
  }

  /** Whether a chunk is asked for that has not come. */
  get areOpen(): boolean {
    return this.#asked.size > 0;
  }

  /** For how long no process has sent requested data, in multiples of the time that the requested chunks may take. */
  get silence(): number {
    return this.#silentTicks / this.#patienceTicks;
  }

  /** Another process has the same checkpoint. */
  addSource(source: ProcessId): void {
    if (!this.#sources.includes(source)) this.#sources.push(source);
  }

  /** A source has failed: the others are asked for its chunks. */
  drop(source: ProcessId): void {
    const at = this.#sources.indexOf(source);
    if (at < 0) return;
    this.#sources.splice(at, 1);
    for (const [index, asked] of this.#asked) if (asked.source === source) this.#askFor(index, asked.attempt);
  }

  /** Asks for as many chunks as may be in flight, of which `unstored` have come. */
  ask(unstored: number): void {
    const { chunksInFlightMax } = this.#options.settings;
    while (this.#next < this.#checkpoint.chunks && this.#asked.size + unstored < chunksInFlightMax) {
      this.#askFor(this.#next, 0);
      this.#next += 1;
    }
  }

  /** A chunk has come. Returns whether it was asked for. */
  arrived(from: ProcessId, index: number): boolean {
    if (!this.#sources.includes(from)) return false;
    this.#heardAt.set(from, this.#now);
    if (!this.#asked.delete(index)) return false;
    this.#silentTicks = 0;
    return true;
  }

  /** A large message is coming from a process. Returns for how many requests the answer may be behind it. */
  arriving({ from, bytes, agoTicks }: Arriving): number {
    const { settings, roundTripTo } = this.#options;
    let count = 0;
    for (const asked of this.#asked.values()) {
      const ticksSinceAsked = this.#now - asked.at;
      if (asked.source !== from || !mayPrecedeAnswer(agoTicks, ticksSinceAsked, roundTripTo(from), settings)) continue;
      asked.arrivedBytes += bytes;
      if (asked.arrivedBytes > constants.arrivalBytesMax) continue;
      asked.arrivedAt = this.#now;
      count += 1;
    }
    if (count > 0) this.#silentTicks = 0;
    return count;
  }

  tick(): void {
    this.#now += 1;
    if (this.#asked.size > 0) this.#silentTicks += 1;
  }

  /** Asks again for the chunks that should have come by now. */
  askAgain(): void {
    for (const [index, asked] of [...this.#asked])
      if (this.#asked.get(index) === asked && this.#isOverdue(asked)) this.#overdue(index, asked);
  }

  #isOverdue({ source, arrivedAt, waitTicks }: Asked): boolean {
    return this.#now - arrivedAt >= waitTicks + this.#options.roundTripTo(source);
  }

  /** Probably lost on the way if its source has been heard since; otherwise the other sources, if there are any, continue. */
  #overdue(index: number, { source, at, attempt }: Asked): void {
    const isSilent = (this.#heardAt.get(source) ?? -1) < at;
    if (isSilent && this.#sources.length > 1) this.drop(source);
    else this.#askFor(index, attempt + 1);
  }

  #askFor(index: number, attempt: number): void {
    const source = this.#sources[(index + attempt) % this.#sources.length];
    if (source === undefined) return;
    const now = this.#now;
    const waitTicks = this.#patienceTicks * 2 ** attempt;
    this.#asked.set(index, { source, at: now, arrivedAt: now, arrivedBytes: 0, waitTicks, attempt });
    this.#options.send(source, { kind: 'want-chunk', digest: this.#checkpoint.digest, index });
  }
}
