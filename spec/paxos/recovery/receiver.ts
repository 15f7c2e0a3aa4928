import type { DiskWrite } from '../../../lib/ledger/memory/disk-write.js';
import type { Checkpoint } from '../../../lib/model/checkpoint.js';
import type { ProcessId } from '../../../lib/model/ids.js';
import { defaults } from '../../../lib/model/settings.js';
import { StateTransfer } from '../../../lib/paxos/recovery/state-transfer.js';
import type { RepairMessage } from '../../../lib/paxos/wire/repair-messages.js';
import type { QueueEvent } from '../../../lib/queue/events.js';
import { settled } from '../../support/settled.js';
import { CheckpointDisk } from '../../support/stored-checkpoint.js';

export const CHUNKS = Array.from({ length: 20 }, (_, index) => `chunk ${index}`);

/** A transfer, the disk that it fills and the sources that it asks. */
export class Receiver {
  disk: CheckpointDisk;
  transfer: StateTransfer;
  checkpoint!: Checkpoint;
  wanted = (_checkpoint: Checkpoint): boolean => true;
  purged: Promise<void> = Promise.resolve();
  asked: { readonly of: ProcessId; readonly index: number }[] = [];
  readonly completed: Checkpoint[] = [];
  readonly events: QueueEvent[] = [];
  readonly failures: unknown[] = [];

  constructor(onCheckpointWrite?: (write: DiskWrite) => void) {
    this.disk = new CheckpointDisk(onCheckpointWrite === undefined ? {} : { onCheckpointWrite });
    this.transfer = this.#transfer();
  }

  offer(from: ProcessId, checkpoint = this.checkpoint): void {
    this.transfer.onOffer(from, { kind: 'offer', beyond: checkpoint.next, checkpoint });
  }

  async begin(...sources: readonly ProcessId[]): Promise<void> {
    for (const source of sources) this.offer(source);
    this.tick(5);
    await settled();
  }

  tick(count: number): void {
    for (let i = 0; i < count; i += 1) this.transfer.tick();
  }

  chunk(from: ProcessId, index: number, text = CHUNKS[index] ?? ''): void {
    const { digest } = this.checkpoint;
    this.transfer.onChunk(from, { kind: 'chunk', digest, index, bytes: Buffer.from(text) });
  }

  /** Those who live answer until nothing more is asked. Returns what was asked of whom. */
  async answer(isAlive: (source: ProcessId) => boolean = () => true): Promise<readonly ProcessId[]> {
    const sources: ProcessId[] = [];
    for (let asked = this.asked.splice(0); asked.length > 0; asked = this.asked.splice(0)) {
      for (const { of, index } of asked) {
        sources.push(of);
        if (isAlive(of)) this.chunk(of, index);
      }
      await settled();
    }
    return sources;
  }

  /** The process starts again on the same disk. */
  restart(): void {
    this.transfer = this.#transfer();
    this.asked = [];
  }

  #transfer(): StateTransfer {
    return new StateTransfer({
      settings: defaults,
      roundTripTo: () => 0,
      store: this.disk.store,
      send: (of: ProcessId, message: RepairMessage) => {
        if (message.kind === 'want-chunk') this.asked.push({ of, index: message.index });
      },
      isWanted: (checkpoint) => this.wanted(checkpoint),
      purged: () => this.purged,
      complete: (checkpoint) => this.completed.push(checkpoint),
      notify: (event) => this.events.push(event),
      fail: (error) => this.failures.push(error),
    });
  }
}

/** Long enough for whatever is asked for to be overdue. */
export const PATIENCE = defaults.chunkTicks;
