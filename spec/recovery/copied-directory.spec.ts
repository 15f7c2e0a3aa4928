import { cp, rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';

import { AsynchronousPersistentQueue, type QueueEvent, type QueueEventOf, type QueueOptions } from '../../lib/index.js';
import { openLmdbLedger } from '../../lib/ledger/open.js';
import { compareBallots } from '../../lib/model/ballot.js';
import type { LedgerSnapshot } from '../../lib/model/records.js';
import { QueueGroup, rejection, takeTexts } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { KEY_1 } from '../support/station.js';

let group: QueueGroup;
let told: readonly QueueEvent[][];

afterEach(() => group.remove());

const KEYS = [{ id: KEY_1.id, key: KEY_1.bytes }];

async function open(options: Partial<QueueOptions>): Promise<void> {
  const events: QueueEvent[][] = [[], [], []];
  told = events;
  group = await QueueGroup.open(3, options, undefined, (index) => ({
    listener: (event) => void events[index]!.push(event),
  }));
}

interface Copied {
  readonly index: number;
  readonly others: readonly number[];
  readonly copy: string;
  /** Of its next start. */
  readonly incarnation: number;
  /** What has been put. */
  readonly texts: readonly string[];
}

/**
 * Closes the replica that coordinates and copies its directory. The others have gone on in a reign that neither has heard of when it
 * returns: where the reign changed while it closed, it does so once more.
 */
async function copyCoordinator(): Promise<Copied> {
  const texts: string[] = [];
  const starts = [1, 1, 1];
  for (;;) {
    await soon(() => expect(group.queue(0).status().reign).not.toBeNull());
    const { coordinator } = group.queue(0).status().reign!;
    const index = group.queues.findIndex(({ processId }) => processId === coordinator);
    const others = [0, 1, 2].filter((other) => other !== index);
    const copy = `${group.directoryOf(index)}-copy`;
    await group.close(index);
    await cp(group.directoryOf(index), copy, { recursive: true });
    texts.push(`in the reign of another, ${texts.length}`);
    await group.put(others[0]!, texts.at(-1)!);
    const { reign } = group.queue(others[0]!).status();
    if (reign !== null && compareBallots(reign, (await ledgerIn(copy)).promise) > 0)
      return { index, others, copy, incarnation: starts[index]! + 1, texts };
    await rm(copy, { recursive: true });
    await group.reopen([index]);
    starts[index]! += 1;
  }
}

/** The error that the queue in this directory cannot be opened with, or stops with. */
function endOf(directory: string): Promise<Error & { readonly code?: string }> {
  const { queueId, options } = group;
  const opening = AsynchronousPersistentQueue.create(queueId, { ...options, directory });
  return rejection(opening.then(({ closed }) => closed));
}

async function ledgerIn(directory: string): Promise<LedgerSnapshot> {
  const ledger = openLmdbLedger(directory, group.queueId);
  try {
    return ledger.load();
  } finally {
    await ledger.close();
  }
}

function clonesTo(index: number): QueueEventOf<'cloned'>[] {
  return told[index]!.filter((event) => event.kind === 'cloned');
}

/** Both starts are of one incarnation, and are told apart by nonce and address; one that was not heard has none. */
async function expectNamed(index: number, process: string, incarnation: number): Promise<void> {
  await soon(() => expect(clonesTo(index)).toHaveLength(1));
  const [event] = clonesTo(index);
  expect(event).toMatchObject({ process, starts: [{ incarnation }, { incarnation }] });
  for (const key of ['nonce', 'address'] as const)
    expect(new Set(event!.starts.map((start) => start[key])).size).toBe(2);
}

describe.each<[string, Partial<QueueOptions>]>([
  ['without keys', {}],
  ['with keys', { keys: KEYS }],
])('a directory is copied, and runs twice, %s', (_, options) => {
  it('the copy stops before it votes, so does the original, and the group goes on', async () => {
    await open(options);
    await group.put(0, 'first');
    const { index, others, copy, incarnation, texts } = await copyCoordinator();
    const { processId } = group.queue(index);
    await group.reopen([index]);
    const before = await ledgerIn(copy);

    expect(await endOf(copy)).toMatchObject({ code: 'VOTES_LOST', message: expect.stringContaining(processId) });
    expect(await rejection(group.queue(index).closed)).toMatchObject({ code: 'VOTES_LOST' });
    for (const other of others) await expectNamed(other, processId, incarnation);

    // The reign began after the copy was made: a vote or a promise in it would be the first that the copy has.
    const { promise, entries } = await ledgerIn(copy);
    expect(compareBallots(group.queue(others[0]!).status().reign!, before.promise)).toBeGreaterThan(0);
    expect([promise, entries]).toEqual([before.promise, before.entries]);

    await group.put(others[1]!, 'last');
    for (const other of others)
      expect(await takeTexts(group.queue(other), texts.length + 2)).toEqual(['first', ...texts, 'last']);
  });

  it('both stop where they are started at once, and one comes back under a new id', async () => {
    await open(options);
    const { index, others, copy, texts } = await copyCoordinator();
    const { processId } = group.queue(index);
    const ends = await Promise.all([endOf(group.directoryOf(index)), endOf(copy)]);
    expect(ends).toMatchObject([{ code: 'VOTES_LOST' }, { code: 'VOTES_LOST' }]);

    await group.reopen([index], { recover: true });
    expect(group.queue(index).processId).not.toBe(processId);
    await group.put(index, 'last');
    expect(await takeTexts(group.queue(others[0]!), texts.length + 1)).toEqual([...texts, 'last']);
  });
});
