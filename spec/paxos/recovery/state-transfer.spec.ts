import { beforeEach, describe, expect, it } from '@jest/globals';

import type { DiskWrite } from '../../../lib/ledger/memory/disk-write.js';
import type { Checkpoint } from '../../../lib/model/checkpoint.js';
import type { ProcessId } from '../../../lib/model/ids.js';
import { defaults } from '../../../lib/model/settings.js';
import { StateTransfer } from '../../../lib/paxos/recovery/state-transfer.js';
import type { RepairMessage } from '../../../lib/paxos/wire/repair-messages.js';
import type { QueueEvent } from '../../../lib/queue/events.js';
import { ANNA, BERT, CARL } from '../../support/ids.js';
import { CheckpointDisk, settled } from '../../support/stored-checkpoint.js';

const CHUNKS = Array.from({ length: 20 }, (_, index) => `chunk ${index}`);

/** A transfer, the disk that it fills and the sources that it asks. */
class Receiver {
  disk: CheckpointDisk;
  transfer: StateTransfer;
  checkpoint!: Checkpoint;
  wanted = (_checkpoint: Checkpoint): boolean => true;
  tidied: Promise<void> = Promise.resolve();
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
      store: this.disk.store,
      send: (of: ProcessId, message: RepairMessage) => {
        if (message.kind === 'want-chunk') this.asked.push({ of, index: message.index });
      },
      isWanted: (checkpoint) => this.wanted(checkpoint),
      tidied: () => this.tidied,
      complete: (checkpoint) => this.completed.push(checkpoint),
      notify: (event) => this.events.push(event),
      fail: (error) => this.failures.push(error),
    });
  }
}

let receiver: Receiver;

beforeEach(async () => {
  receiver = new Receiver();
  receiver.checkpoint = await new CheckpointDisk().save(10, CHUNKS);
});

/** Long enough for whatever is asked for to be overdue. */
const PATIENCE = defaults.chunkTicks;

describe('a transfer', () => {
  it('asks for a window of chunks, and for one more with each that is stored', async () => {
    await receiver.begin(ANNA);
    const { chunksInFlightMax } = defaults;
    expect(receiver.asked.map(({ index }) => index)).toEqual([...Array(chunksInFlightMax).keys()]);
    receiver.chunk(ANNA, 0);
    await settled();
    expect(receiver.asked.at(-1)).toEqual({ of: ANNA, index: chunksInFlightMax });
    expect(receiver.asked).toHaveLength(chunksInFlightMax + 1);
  });

  it('does not ask beyond the window while the next chunk to be stored is missing', async () => {
    await receiver.begin(ANNA);
    for (let index = 1; index < defaults.chunksInFlightMax; index += 1) receiver.chunk(ANNA, index);
    await settled();
    expect(receiver.asked).toHaveLength(defaults.chunksInFlightMax);
  });

  it('stores what comes in any order, and twice, as what was offered', async () => {
    await receiver.begin(ANNA);
    for (let asked = receiver.asked.splice(0); asked.length > 0; asked = receiver.asked.splice(0)) {
      for (const { of, index } of [...asked, ...asked].reverse()) receiver.chunk(of, index);
      await settled();
    }
    expect(receiver.completed).toEqual([receiver.checkpoint]);
    expect(await receiver.disk.chunksOf(receiver.checkpoint)).toEqual(CHUNKS);
    expect(receiver.transfer.isActive).toBe(false);
  });

  it('asks all who have offered the same, in turn', async () => {
    await receiver.begin(ANNA, BERT, CARL);
    const sources = await receiver.answer();
    for (const source of [ANNA, BERT, CARL]) expect(sources.filter((of) => of === source).length).toBeGreaterThan(5);
    expect(receiver.completed).toHaveLength(1);
  });

  it('takes the furthest of what is offered at one time', async () => {
    const further = await new CheckpointDisk().save(11, ['another', ...CHUNKS]);
    receiver.offer(ANNA);
    receiver.offer(BERT, further);
    await receiver.begin(CARL);
    expect(new Set(receiver.asked.map(({ of }) => of))).toEqual(new Set([BERT]));
  });

  it('goes on with the others when a source is dead', async () => {
    await receiver.begin(ANNA, BERT);
    await receiver.answer((source) => source === BERT);
    receiver.tick(PATIENCE);
    await receiver.answer((source) => source === BERT);
    expect(receiver.completed).toHaveLength(1);
  });

  it('goes on with the others at once when a source says that it has the checkpoint no longer', async () => {
    await receiver.begin(ANNA, BERT);
    receiver.transfer.onNoChunk(ANNA, { kind: 'no-chunk', digest: receiver.checkpoint.digest });
    await receiver.answer((source) => source === BERT);
    expect(receiver.completed).toHaveLength(1);
  });

  it('asks again for a chunk that is lost on its way, and keeps its only source', async () => {
    await receiver.begin(ANNA);
    const lost = receiver.asked.shift();
    await receiver.answer();
    expect([lost?.index, receiver.completed]).toEqual([0, []]);
    receiver.tick(PATIENCE);
    await receiver.answer();
    expect(receiver.completed).toHaveLength(1);
    expect(receiver.events).not.toContainEqual(expect.objectContaining({ kind: 'fetch-abandoned' }));
  });

  it('waits longer each time, so that a chunk that takes its time is not sent for ever', async () => {
    await receiver.begin(ANNA);
    receiver.asked = [];
    receiver.tick(7 * PATIENCE);
    const times = receiver.asked.filter(({ index }) => index === 0).length;
    expect(times).toBe(3);
  });

  it('gives up when nobody sends anything any more, and goes on where it was when somebody offers the same', async () => {
    await receiver.begin(ANNA);
    for (let index = 0; index < 5; index += 1) receiver.chunk(ANNA, index);
    await settled();
    receiver.tick(8 * PATIENCE);
    await settled();
    expect(receiver.events).toContainEqual(expect.objectContaining({ kind: 'fetch-abandoned' }));
    expect([receiver.transfer.isActive, receiver.disk.received]).toEqual([false, [[10, 5]]]);
    receiver.asked = [];
    await receiver.begin(BERT);
    expect(receiver.asked[0]).toEqual({ of: BERT, index: 5 });
    await receiver.answer();
    expect(await receiver.disk.chunksOf(receiver.checkpoint)).toEqual(CHUNKS);
  });

  it('leaves a silent source earlier where somebody offers another checkpoint', async () => {
    const other = await new CheckpointDisk().save(12, ['another', ...CHUNKS]);
    await receiver.begin(ANNA);
    receiver.offer(BERT, other);
    receiver.tick(2 * PATIENCE);
    await settled();
    receiver.asked = [];
    receiver.offer(BERT, other);
    receiver.tick(5);
    await settled();
    expect(receiver.asked[0]).toEqual({ of: BERT, index: 0 });
  });

  it('goes on after a restart where the disk has kept what had come', async () => {
    await receiver.begin(ANNA);
    for (let index = 0; index < 3; index += 1) receiver.chunk(ANNA, index);
    await settled();
    await receiver.transfer.close();
    receiver.restart();
    await receiver.begin(ANNA);
    expect(receiver.asked[0]).toEqual({ of: ANNA, index: 3 });
    await receiver.answer();
    expect(receiver.completed).toHaveLength(1);
  });

  it('of something else than what was offered leaves nothing, and may begin again', async () => {
    await receiver.begin(ANNA);
    receiver.chunk(ANNA, 0, 'something else');
    await receiver.answer();
    expect([receiver.completed, receiver.failures, receiver.disk.received]).toEqual([[], [], []]);
    expect(receiver.events).toContainEqual(expect.objectContaining({ kind: 'damaged', what: 'offered' }));
    await receiver.begin(ANNA);
    await receiver.answer();
    expect(receiver.completed).toHaveLength(1);
  });

  it('ends when the checkpoint is not wanted any more', async () => {
    await receiver.begin(ANNA);
    receiver.wanted = () => false;
    receiver.tick(1);
    await settled();
    receiver.asked = [];
    receiver.chunk(ANNA, 0);
    expect([receiver.transfer.isActive, receiver.asked]).toEqual([false, []]);
  });

  it('begins with nothing that is not wanted', async () => {
    receiver.wanted = () => false;
    await receiver.begin(ANNA);
    expect(receiver.transfer.isActive).toBe(false);
  });

  it('begins when the store is tidied, and not before', async () => {
    let tidy: () => void = () => undefined;
    receiver.tidied = new Promise((resolve) => (tidy = resolve));
    await receiver.begin(ANNA);
    expect([receiver.transfer.isActive, receiver.asked]).toEqual([true, []]);
    tidy();
    await settled();
    expect(receiver.asked).not.toEqual([]);
  });

  it('takes no notice of chunks that it has not asked for', async () => {
    await receiver.begin(ANNA);
    receiver.chunk(ANNA, 19);
    receiver.chunk(ANNA, 2 ** 50);
    receiver.transfer.onChunk(ANNA, { kind: 'chunk', digest: 'f'.repeat(32), index: 0, bytes: Buffer.from('x') });
    await receiver.answer();
    expect(await receiver.disk.chunksOf(receiver.checkpoint)).toEqual(CHUNKS);
  });

  it('of as many chunks as nobody has asks for a window of them', async () => {
    receiver.checkpoint = { ...receiver.checkpoint, chunks: 2 ** 50, bytes: 2 ** 52 };
    await receiver.begin(ANNA);
    expect(receiver.asked).toHaveLength(defaults.chunksInFlightMax);
  });

  it('is not begun for a checkpoint without chunks', async () => {
    receiver.checkpoint = { ...receiver.checkpoint, chunks: 0, bytes: 0 };
    await receiver.begin(ANNA);
    expect([receiver.transfer.isActive, receiver.completed]).toEqual([false, []]);
  });

  it('fails with what the disk fails with', async () => {
    const onWrite = (write: DiskWrite) => write.fail(new Error('no space'));
    const failing = new Receiver(onWrite);
    failing.checkpoint = receiver.checkpoint;
    await failing.begin(ANNA);
    failing.chunk(ANNA, 0);
    await settled();
    expect(failing.failures).toEqual([expect.objectContaining({ code: 'LEDGER_FAILED' })]);
  });
});

describe('what is awaited', () => {
  it('is what has been asked for, from whom it was offered, and gets further by what comes', async () => {
    expect(receiver.transfer.awaited).toBeNull();
    await receiver.begin(ANNA, BERT);
    const what = { kind: 'chunks', stored: 0, chunks: CHUNKS.length, sources: [ANNA, BERT] };
    expect(receiver.transfer.awaited).toMatchObject({ what });
    const before = receiver.transfer.awaited?.progress;
    receiver.tick(1);
    expect(receiver.transfer.awaited?.progress).toBe(before);
    receiver.transfer.arriving({ from: ANNA, bytes: 1_000, agoTicks: 0 });
    const later = receiver.transfer.awaited?.progress;
    expect(later).not.toBe(before);
    receiver.chunk(ANNA, 0);
    await settled();
    expect(receiver.transfer.awaited).toMatchObject({ what: { ...what, stored: 1 } });
    expect(receiver.transfer.awaited?.progress).not.toBe(later);
  });
});

describe('a transfer that is closed', () => {
  it('leaves the disk alone when that is done, whatever it was doing', async () => {
    for (const chunks of [0, 1, CHUNKS.length]) {
      const writes: DiskWrite[] = [];
      const slow = new Receiver((write) => writes.push(write));
      slow.checkpoint = receiver.checkpoint;
      await slow.begin(ANNA);
      for (let index = 0; index < chunks; index += 1) {
        slow.chunk(ANNA, index);
        await settled();
        if (index < chunks - 1) writes.shift()?.complete();
        await settled();
      }
      let isClosed = false;
      const closed = slow.transfer.close().then(() => (isClosed = true));
      await settled();
      expect(isClosed).toBe(false);
      while (writes.length > 0) {
        writes.shift()?.complete();
        await settled();
      }
      await closed;
      expect([slow.completed, slow.failures]).toEqual([[], []]);
    }
  });

  it('begins nothing', async () => {
    await receiver.transfer.close();
    await receiver.begin(ANNA);
    expect(receiver.transfer.isActive).toBe(false);
  });
});

describe('a chunk from a process that has not offered the checkpoint', () => {
  it('counts for nothing, whatever it holds', async () => {
    await receiver.begin(ANNA);
    for (const { index } of receiver.asked) receiver.chunk(BERT, index, 'forged');
    await receiver.answer();
    expect(receiver.completed).toEqual([receiver.checkpoint]);
  });
});
