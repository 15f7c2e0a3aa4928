import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { PaxosQueue } from '../../lib/paxos/paxos-queue.js';
import { realPorts } from '../../lib/paxos/ports.js';
import * as codec from '../../lib/serialization/codec.js';
import { silent, takeTexts } from '../support/queue-group.js';
import { newPlaces, openBehind } from '../support/udp-testbed.js';

const QUEUE = 'auctions';

let directory: string;
let places: string[];
const open = new Set<PaxosQueue>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-wall-'));
  places = await newPlaces(3);
});

afterEach(async () => {
  await Promise.all([...open].map((queue) => queue.close()));
  open.clear();
  await rm(directory, { recursive: true, force: true });
});

async function openBehindWall(index: number): Promise<PaxosQueue> {
  const where = { listen: places[index]!, peers: places };
  const options = { directory: join(directory, String(index)), replicas: 3, log: silent, ...where };
  const queue = await PaxosQueue.open(QUEUE, options, {
    ...realPorts(QUEUE, options, codec),
    openTransport: (self, start, receiver, log) =>
      openBehind({ dropsDatagrams: true }, { queueId: QUEUE, self, start, receiver, log, ...where }),
  });
  open.add(queue);
  return queue;
}

it('three processes between which UDP never passes found a group, order messages, and one that comes back catches up', async () => {
  const [a, b, c] = (await Promise.all([0, 1, 2].map(openBehindWall))) as [PaxosQueue, PaxosQueue, PaxosQueue];
  await Promise.all([a, b, c].map((queue, i) => queue.put(Buffer.from(`small ${i}`))));
  await a.put(Buffer.alloc(200_000, 'x'));
  await c.close();
  await b.put(Buffer.from('while one is away'));
  const again = await openBehindWall(2);
  await again.put(Buffer.from('back'));
  const texts = await takeTexts(again, 6);
  expect(texts.slice(3).map((text) => text.slice(0, 20))).toEqual(['x'.repeat(20), 'while one is away', 'back']);
  expect(await takeTexts(a, 6)).toEqual(texts);
});
