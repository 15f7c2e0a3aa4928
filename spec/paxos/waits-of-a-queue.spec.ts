/** That each of the waits of `waits.spec.ts` is noticed where it happens. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type QueueEvent, ReplicatedStateMachine } from '../../lib/index.js';
import { openLmdbLedger } from '../../lib/ledger/lmdb/lmdb-ledger.js';
import { PaxosQueue } from '../../lib/paxos/paxos-queue.js';
import { realScheduler } from '../../lib/paxos/scheduler.js';
import * as codec from '../../lib/serialization/codec.js';
import { openUdpTransport } from '../../lib/transport/udp/udp-transport.js';
import { Append, Journal } from '../programs/journal.js';
import { QueueGroup, silent } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { newQueueId } from '../support/udp-testbed.js';

const DAY_MS = 86_400_000;

let directory: string;
let told: QueueEvent[];
const listener = (event: QueueEvent): void => void told.push(event);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-waits-'));
  told = [];
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A process, the only one of its group, whose clock is ahead by so much. */
function openAhead(queueId: string, byMs: number): Promise<PaxosQueue> {
  return PaxosQueue.open(
    queueId,
    { directory, replicas: 1, log: silent, listener },
    {
      openLedger: () => openLmdbLedger(directory, queueId),
      setLedgerAside: () => directory,
      hasSetAside: () => false,
      openTransport: (self, start, receiver) => openUdpTransport({ queueId, self, start, receiver, log: silent }),
      codec,
      scheduler: { ...realScheduler, now: () => Date.now() + byMs },
    },
  );
}

describe('a machine', () => {
  it('that was put forward by a clock of the future says so while its clock is right again', async () => {
    const queueId = await newQueueId();
    const first = await ReplicatedStateMachine.create(new Journal(), await openAhead(queueId, DAY_MS));
    await first.execute(new Append('tomorrow'));
    await first.close();
    expect(told).not.toContainEqual(expect.objectContaining({ kind: 'time-ahead' }));
    const second = await ReplicatedStateMachine.create(new Journal(), await openAhead(queueId, 0));
    try {
      await soon(() => {
        const ahead = told.find((event) => event.kind === 'time-ahead');
        expect(ahead?.aheadMs).toBeGreaterThan(DAY_MS - 400_000);
        expect(ahead?.aheadMs).toBeLessThanOrEqual(DAY_MS);
      });
    } finally {
      await second.close();
    }
  });
});

describe('a put', () => {
  it('that finds no room and gets none is told of', async () => {
    const group = await QueueGroup.open(2, { listener });
    try {
      await group.close(1);
      const half = Buffer.alloc(33 * 1024 * 1024);
      const puts = [half, half, half].map((message) => group.queue(0).put(message));
      const ended = Promise.allSettled(puts);
      await soon(() => expect(told).toContainEqual(expect.objectContaining({ kind: 'no-room' })));
      await group.close(0);
      await ended;
    } finally {
      await group.remove();
    }
  });
});
