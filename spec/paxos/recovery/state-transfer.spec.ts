import { beforeEach, describe, expect, it } from '@jest/globals';

import type { DiskWrite } from '../../../lib/ledger/memory/disk-write.js';
import { defaults } from '../../../lib/model/settings.js';
import { ANNA } from '../../support/ids.js';
import { settled } from '../../support/settled.js';
import { CheckpointDisk } from '../../support/stored-checkpoint.js';
import { CHUNKS, Receiver } from './receiver.js';

let receiver: Receiver;

beforeEach(async () => {
  receiver = new Receiver();
  receiver.checkpoint = await new CheckpointDisk().save(10, CHUNKS);
});

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

  it('begins when nothing is being removed from the store any more, and not before', async () => {
    let end: () => void = () => undefined;
    receiver.purged = new Promise((resolve) => (end = resolve));
    await receiver.begin(ANNA);
    expect([receiver.transfer.isActive, receiver.asked]).toEqual([true, []]);
    end();
    await settled();
    expect(receiver.asked).not.toEqual([]);
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
