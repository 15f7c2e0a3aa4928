import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { CheckpointStore } from '../../lib/ledger/checkpoint-store.js';
import { checkpointsIn } from '../../lib/ledger/open.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { Instance, Position } from '../../lib/model/ids.js';
import { restoreState, saveState } from '../../lib/paxos/recovery/chunks.js';
import type { StateKeeper } from '../../lib/queue/state-holder.js';
import { StateDecoder } from '../../lib/serialization/state-decoder.js';
import { encodeState } from '../../lib/serialization/state-encoder.js';
import { PIECE_BYTES } from '../../lib/serialization/state-format.js';

/** A sixteenth of a real chunk, and less than a piece. */
const CHUNK_BYTES = 32_768;

const QUEUE = 'queue';

class Shelf {
  value: unknown = null;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-large-values-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function save(store: CheckpointStore, value: unknown): Promise<Checkpoint> {
  const shelf = new Shelf();
  shelf.value = value;
  const writer = store.create({ next: 10 as Instance, position: 20 as Position });
  await writer.append(Buffer.from('head'));
  await saveState(encodeState(shelf, ['value']), writer, nextTurn, CHUNK_BYTES);
  return writer.finish();
}

/** Fetches the checkpoint chunk by chunk. Returns the size of the largest, in bytes. */
async function transfer(from: CheckpointStore, to: CheckpointStore, checkpoint: Checkpoint): Promise<number> {
  const reader = await from.open(checkpoint);
  const receiver = await to.receive(checkpoint);
  let largest = 0;
  for (let index = 0; index < checkpoint.chunks; index += 1) {
    const chunk = await reader.chunk(index);
    largest = Math.max(largest, chunk.length);
    await receiver.append(chunk);
  }
  await receiver.finish();
  await reader.close();
  return largest;
}

async function restore(store: CheckpointStore, checkpoint: Checkpoint): Promise<unknown> {
  const decoder = new StateDecoder(new Shelf());
  let state: object | null = null;
  const keeper: Pick<StateKeeper, 'restore'> = {
    restore: () => ({
      push: (piece) => {
        decoder.push(piece);
      },
      finish: () => {
        state = decoder.finish();
      },
    }),
  };
  const reader = await store.open(checkpoint);
  const sink = await restoreState(reader, checkpoint, keeper as StateKeeper, nextTurn);
  sink.finish();
  await reader.close();
  return (state as Shelf | null)?.value;
}

describe('one value of tens of megabytes in a state', () => {
  it.each([
    ['buffer', 32_000_000, () => Buffer.alloc(32_000_000, 'treplica')],
    ['string', 32_000_000, () => 'treplica'.repeat(4_000_000)],
    ['string of characters of two bytes, with pairs of surrogates', 32_000_000, () => 'реплика😀!'.repeat(2_000_000)],
    ['BigInt', 2 ** 26 / 4, () => 2n ** (2n ** 26n) - 1n],
    ['key of a map', 16_000_000, () => new Map([['k'.repeat(16_000_000), 1]])],
  ])('is saved, travels and is restored in small chunks: a %s', async (_, bytesMin, valueOf) => {
    const [here, there] = ['here', 'there'].map((name) => checkpointsIn(join(directory, name), QUEUE));
    const checkpoint = await save(here!, valueOf());
    const largest = await transfer(here!, there!, checkpoint);
    expect(checkpoint.bytes).toBeGreaterThanOrEqual(bytesMin);
    expect(largest).toBeLessThanOrEqual(CHUNK_BYTES + PIECE_BYTES);
    const restored = await restore(there!, checkpoint);
    // Jest would print both.
    expect(isSame(restored, valueOf())).toBe(true);
  });
});

function isSame(a: unknown, b: unknown): boolean {
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.equals(b);
  if (a instanceof Map && b instanceof Map) return [...a.keys()][0] === [...b.keys()][0];
  return a === b;
}
