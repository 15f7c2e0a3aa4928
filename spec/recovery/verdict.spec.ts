import { realpathSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';

import { type QueueEvent, ReplicatedStateMachine } from '../../lib/index.js';
import { FileCheckpoints } from '../../lib/ledger/checkpoints/file-checkpoints.js';
import { openLmdbLedger } from '../../lib/ledger/lmdb/lmdb-ledger.js';
import type { Position } from '../../lib/model/ids.js';
import type { LedgerSnapshot } from '../../lib/model/records.js';
import { replayTaskIn } from '../../lib/paxos/recovery/replay-task.js';
import type { SavingTask, StateHolder } from '../../lib/queue/state-holder.js';
import { treplica } from '../command/command-line.js';
import { committed } from '../ledger/ledger-place.js';
import { Append, Journal } from '../programs/journal.js';
import { append, entriesUntil } from '../support/journal-entries.js';
import { QueueGroup } from '../support/queue-group.js';

let group: QueueGroup;

afterEach(async () => {
  await group.remove();
});

/** Delivers nothing to anybody, and has `state` stored as what another process has made of the log. */
function holderOf(state: string): StateHolder {
  const store = async ({ content }: SavingTask) => {
    const { directory, queueId, until } = replayTaskIn(content);
    const writer = new FileCheckpoints(realpathSync(directory), queueId).create({
      next: until,
      position: 0 as Position,
    });
    await writer.append(Buffer.from(state));
    return writer.finish();
  };
  return {
    keeper: {
      save: () => [Buffer.from(state)][Symbol.iterator](),
      saveElsewhere: store,
      restore: () => ({ push: () => undefined, finish: () => undefined }),
      skipped: () => undefined,
    },
    deliver: () => undefined,
    stopped: () => undefined,
  };
}

async function past(index: number): Promise<LedgerSnapshot> {
  const ledger = openLmdbLedger(group.directoryOf(index), group.queueId);
  try {
    return ledger.load();
  } finally {
    await ledger.close();
  }
}

describe('a process that is outvoted on its state', () => {
  it('stops when that is in its ledger, and backs nothing of it up', async () => {
    group = await QueueGroup.open(3, { checkpoint: { everyPositions: 10 } });
    for (const [i, state] of ['right', 'right', 'wrong'].entries()) await group.queue(i).bind(holderOf(state));
    const closed = expect(group.queue(2).closed).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' });
    for (let i = 0; i < 30; i += 1) await group.put(0, `message ${i}`);
    await closed;
    await expect(group.queue(2).put(Buffer.from('more'))).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
    const { verdict } = await past(2);
    expect(verdict).toMatchObject({
      next: expect.any(Number),
      refuted: expect.any(String),
      upheld: expect.any(String),
    });
    expect(verdict!.refuted).not.toBe(verdict!.upheld);
    const ended = await treplica('backup', group.directoryOf(2), `${group.directory}/backup`);
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('has been refuted')]);
  });

  it.each([
    ['all of its log', { everyPositions: 1_000_000 }],
    ['part of its log', { everyPositions: 1_000_000, logMarginBytes: 0 }],
  ])('goes on from the state of the others, not from its own nor from %s', async (_which, checkpoint) => {
    const events: QueueEvent[] = [];
    group = await QueueGroup.open(3, { checkpoint });
    const machines = await Promise.all(
      [0, 1, 2].map((i) => ReplicatedStateMachine.create(new Journal(), group.queue(i))),
    );
    await append(machines[0]!, 0, 20);
    await machines[2]!.read(() => undefined);
    const made = await group.queue(2).checkpoint();
    await group.close(2);
    const verdict = { next: made.next, refuted: made.digest, upheld: 'f'.repeat(32) };
    const ledger = openLmdbLedger(group.directoryOf(2), group.queueId);
    ledger.load();
    await committed(ledger, { kind: 'verdict', verdict });
    await ledger.close();
    await machines[0]!.execute(new Append('entry 20'));
    await group.reopen([2], { listener: (event) => events.push(event) });
    const back = await ReplicatedStateMachine.create(new Journal(), group.queue(2));
    expect(await back.read(({ entries }) => entries)).toEqual(entriesUntil(21));
    const refuted = expect.objectContaining({ message: expect.stringContaining('has been refuted') });
    expect(events).toContainEqual({ kind: 'damaged', what: 'base', error: refuted });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'installed' }));
    await back.execute(new Append('entry 21'));
    await group.closeAll();
    expect(await past(2)).toMatchObject({ verdict: null, checkpoint: { next: expect.any(Number) } });
    expect((await past(2)).checkpoint!.next).toBeGreaterThan(made.next);
  });
});
