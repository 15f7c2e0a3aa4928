import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CheckpointReader } from '../../../lib/ledger/checkpoint-store.js';
import type { Position } from '../../../lib/model/ids.js';
import { restoreState, saveState } from '../../../lib/paxos/recovery/chunks.js';
import type { StateKeeper } from '../../../lib/queue/state-holder.js';

const CHUNK_BYTES = 64;
const HEAD = Buffer.from('head');

const pieces = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 30 });

/** Chunks, the first of which is the head, as a store gives them back. */
function readerOf(chunks: readonly Buffer[]): CheckpointReader {
  return { chunk: async (index) => chunks[index]!, close: async () => {} };
}

async function saved(values: Iterable<Uint8Array>, nextTurn = async () => {}): Promise<Buffer[]> {
  const chunks = [HEAD];
  await saveState(values, { append: async (chunk) => void chunks.push(Buffer.from(chunk)) }, nextTurn, CHUNK_BYTES);
  return chunks;
}

class Taken implements Pick<StateKeeper, 'restore'> {
  readonly pieces: Buffer[] = [];
  isFinished = false;

  restore() {
    return {
      push: (piece: Uint8Array) => void this.pieces.push(Buffer.from(piece)),
      finish: () => void (this.isFinished = true),
    };
  }
}

async function restored(chunks: readonly Buffer[], nextTurn = async () => {}): Promise<Taken> {
  const taken = new Taken();
  await restoreState(
    readerOf(chunks),
    { chunks: chunks.length, position: 0 as Position },
    taken as unknown as StateKeeper,
    nextTurn,
  );
  return taken;
}

describe('the chunks of a checkpoint', () => {
  it('give back the pieces of a state, in order, and leave it to others to finish', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (values) => {
        const taken = await restored(await saved(values));
        expect(taken.pieces).toEqual(values.map((piece) => Buffer.from(piece)));
        expect(taken.isFinished).toBe(false);
      }),
    );
  });

  it('are no larger than they have to be, and no smaller than is of use', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (values) => {
        const chunks = (await saved(values)).slice(1);
        for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(CHUNK_BYTES);
        for (const chunk of chunks) {
          const first = 4 + chunk.readUInt32BE(0);
          expect(chunk.length).toBeLessThan(CHUNK_BYTES + Math.max(first, 154));
        }
      }),
    );
  });

  it('are the same wherever the same pieces are saved', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (values) => {
        expect(await saved(values)).toEqual(await saved([...values]));
      }),
    );
  });

  it('let other things happen every few pieces, both ways', async () => {
    let turns = 0;
    const nextTurn = async () => void (turns += 1);
    const chunks = await saved(
      Array.from({ length: 40 }, () => Buffer.from('x')),
      nextTurn,
    );
    expect(turns).toBe(10);
    await restored(chunks, nextTurn);
    expect(turns).toBe(20);
  });

  it('are made no further when that is called off', async () => {
    let made = 0;
    let ended = false;
    const endless = function* (): Generator<Buffer> {
      try {
        for (;;) {
          made += 1;
          yield Buffer.from('x');
        }
      } finally {
        ended = true;
      }
    };
    const calledOff = new Error('called off');
    await expect(saved(endless(), () => Promise.reject(calledOff))).rejects.toBe(calledOff);
    expect([made, ended]).toEqual([4, true]);
  });

  it('that do not consist of pieces are refused', async () => {
    const lying = Buffer.from([0, 0, 0, 9, 1, 2]);
    for (const chunk of [lying, lying.subarray(0, 3)])
      await expect(restored([HEAD, chunk])).rejects.toMatchObject({ code: 'MALFORMED_BYTES' });
  });
});
