import type { CheckpointReader, CheckpointStore } from '../../ledger/checkpoint-store.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { TreplicaError } from '../../model/errors.js';
import type { ProcessId } from '../../model/ids.js';
import type { Settings } from '../../model/settings.js';
import type { RepairMessage, RepairMessageOf } from '../wire/repair-messages.js';

export interface SupplierOptions {
  readonly settings: Settings;
  readonly store: CheckpointStore;
  readonly send: (to: ProcessId, message: RepairMessage) => void;
  /** The local checkpoint turns out not to be readable. */
  readonly onDamage: (error: TreplicaError) => void;
  readonly fail: (error: unknown) => void;
}

/** A checkpoint that another process reads here, chunk by chunk. */
interface OpenCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly reader: Promise<CheckpointReader>;
  idleTicks: number;
}

/** A reader without requests for so long is closed. */
const IDLE_TICKS = 500;

/** Serves chunks of the local checkpoint to processes that are behind. A transfer continues when a later checkpoint is made. */
export class Supplier {
  readonly #options: SupplierOptions;
  readonly #open = new Map<string, OpenCheckpoint>();
  #current: Checkpoint | null = null;
  #reads = 0;
  /** Readers that are being closed. */
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: SupplierOptions) {
    this.#options = options;
  }

  /** The checkpoint that is offered to processes that lack its data. */
  get current(): Checkpoint | null {
    return this.#current;
  }

  set current(checkpoint: Checkpoint | null) {
    this.#current = checkpoint;
  }

  /** Whether a process is being served: then the log after the checkpoint should be kept. */
  get isBusy(): boolean {
    return this.#open.size > 0;
  }

  onWantChunk(from: ProcessId, { digest, index }: RepairMessageOf<'want-chunk'>): void {
    if (this.#isClosed) return;
    const open = this.#lend(digest);
    if (open === null) {
      this.#options.send(from, { kind: 'no-chunk', digest });
      return;
    }
    open.idleTicks = 0;
    // A process that gets no answer asks again; an index outside the offer is ignored.
    if (this.#reads >= this.#options.settings.chunkReadsMax || index >= open.checkpoint.chunks) return;
    this.#reads += 1;
    this.#serve(from, open, index)
      .catch((error: unknown) => this.#options.fail(error))
      .finally(() => (this.#reads -= 1));
  }

  tick(): void {
    for (const open of this.#open.values()) {
      open.idleTicks += 1;
      if (open.idleTicks >= IDLE_TICKS) this.#close(open);
    }
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const open of this.#open.values()) this.#close(open);
    await Promise.all(this.#closing);
  }

  #lend(digest: string): OpenCheckpoint | null {
    const known = this.#open.get(digest);
    if (known !== undefined) return known;
    const checkpoint = this.#current;
    if (checkpoint?.digest !== digest) return null;
    const open: OpenCheckpoint = { checkpoint, reader: this.#options.store.open(checkpoint), idleTicks: 0 };
    this.#open.set(digest, open);
    return open;
  }

  async #serve(to: ProcessId, open: OpenCheckpoint, index: number): Promise<void> {
    const { digest } = open.checkpoint;
    try {
      const bytes = await (await open.reader).chunk(index);
      this.#options.send(to, { kind: 'chunk', digest, index, bytes });
    } catch (error) {
      if (!(error instanceof TreplicaError)) throw error;
      this.#options.send(to, { kind: 'no-chunk', digest });
      // A reader that is being closed, because of damage elsewhere or because the queue closes, cannot be read either.
      if (this.#open.get(digest) !== open) return;
      this.#close(open);
      if (this.#current?.digest === digest) this.#current = null;
      this.#options.onDamage(error);
    }
  }

  #close(open: OpenCheckpoint): void {
    this.#open.delete(open.checkpoint.digest);
    const closing = open.reader
      .then((reader) => reader.close())
      .catch(() => undefined) // The caller that read from it has been told.
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
