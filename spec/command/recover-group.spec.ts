import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { RecoveryPlan } from '../../lib/backup/recover-group.js';
import type { BackupSummary } from '../../lib/backup/take-backup.js';
import { AsynchronousPersistentQueue, ReplicatedStateMachine } from '../../lib/index.js';
import { Journal } from '../programs/journal.js';
import { spoilPage } from '../support/file-damage.js';
import { append, entriesUntil } from '../support/journal-entries.js';
import { QueueGroup, silent } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { newQueueId } from '../support/udp-testbed.js';
import { answer, treplica } from './command-line.js';

type Recovered = RecoveryPlan & { readonly backup: BackupSummary | null };

let group: QueueGroup;
let founded: AsynchronousPersistentQueue[] = [];
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-lost-'));
  file = join(directory, 'lost.backup');
});

afterEach(async () => {
  await Promise.all(founded.map((queue) => queue.close()));
  founded = [];
  await group.remove();
  rmSync(directory, { recursive: true });
});

async function machineAt(index: number): Promise<ReplicatedStateMachine<Journal>> {
  return ReplicatedStateMachine.create(new Journal(), group.queue(index));
}

/** What is in the directories of a group, byte by byte. */
function contentsOf(...indices: readonly number[]): string[] {
  return indices.flatMap((index) =>
    ['data.mdb', 'journal'].map((name) => readFileSync(join(group.directoryOf(index), name)).toString('base64')),
  );
}

/** Restores the backup at so many processes, which found a new group; resolves with what each of them then has. */
async function entriesOfNewGroup(n: number): Promise<string[][]> {
  const queueId = await newQueueId();
  const places = Array.from({ length: n }, (_, i) => join(directory, String(i + 1)));
  for (const place of places) await answer(0, 'restore', file, place, '--queue', queueId);
  founded = await Promise.all(
    places.map((place) => AsynchronousPersistentQueue.create(queueId, { directory: place, replicas: n, log: silent })),
  );
  const machines = await Promise.all(founded.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
  await append(machines[0]!, 1_000, 1_001);
  return Promise.all(machines.map((machine) => machine.read(({ entries }) => entries.slice())));
}

function recover(code: number, ...args: readonly string[]): Promise<Recovered> {
  return answer<Recovered>(code, 'recover-group', ...args, '--to', file);
}

describe('a new group of what is left of one', () => {
  it.each([
    ['with checkpoints', { everyPositions: 50, logMarginBytes: 0 }],
    ['without', undefined],
  ])('%s has all that was acknowledged, where a majority of the ledgers is left', async (_, checkpoint) => {
    group = await QueueGroup.open(3, checkpoint === undefined ? {} : { checkpoint });
    const machine = await machineAt(0);
    for (const index of [1, 2]) await machineAt(index);
    await append(machine, 0, 60);
    await group.close(2);
    await append(machine, 60, 120);
    await group.closeAll();
    const before = contentsOf(1, 2);
    const recovered = await recover(0, group.directoryOf(2), group.directoryOf(1), '--yes');
    expect(recovered).toMatchObject({ isComplete: true, ambiguous: [], damages: [], queueId: group.queueId });
    expect(contentsOf(1, 2)).toEqual(before);
    const expected = [...entriesUntil(120), 'entry 1000'];
    expect(await entriesOfNewGroup(3)).toEqual([expected, expected, expected]);
  });

  it('says that a minority may not have all, and has what that knows', async () => {
    group = await QueueGroup.open(3);
    const machine = await machineAt(0);
    await append(machine, 0, 20);
    await group.closeAll();
    const recovered = await recover(0, group.directoryOf(0), '--yes');
    expect(recovered.isComplete).toBe(false);
    expect(recovered.electorates[0]).toMatchObject({ mayHideChoices: true });
    const [entries] = await entriesOfNewGroup(1);
    expect(entries).toEqual([...entriesUntil(20), 'entry 1000']);
    rmSync(file);
    const told = await treplica('recover-group', group.directoryOf(0), '--to', file, '--yes');
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(
      /may be lost +whatever the 2 other members of view 0 have acknowledged at instance \d+/,
    );
    expect(told.stdout).toContain('may still live, and go on or come back under the old group id');
    expect(told.stdout).toContain('Never start a process with one of the old directories again');
  });

  it('counts the members of the view that governs last, and not those of the first', async () => {
    group = await QueueGroup.open(3);
    const machine = await machineAt(0);
    await append(machine, 0, 10);
    await group.reopen([3], { recover: true });
    await group.reopen([4], { recover: true });
    const [one] = group.queues;
    await soon(() => expect(one!.observers).toMatchObject([{ lagInstances: 0 }, { lagInstances: 0 }]));
    await one!.changeMembers({
      add: [group.queue(3).processId, group.queue(4).processId],
      remove: [group.queue(1).processId, group.queue(2).processId],
    });
    await append(machine, 10, 20);
    await group.closeAll();
    const directories = [0, 1, 2, 3, 4].map((index) => group.directoryOf(index));
    const former = await recover(1, ...directories.slice(1, 3));
    expect([former.isComplete, former.backup]).toEqual([false, null]);
    const latest = await recover(0, directories[3]!, directories[4]!, '--yes');
    expect([latest.isComplete, latest.electorates.length]).toEqual([true, 1]);
    const [entries] = await entriesOfNewGroup(1);
    expect(entries).toEqual([...entriesUntil(20), 'entry 1000']);
  });

  it('is not written before somebody has accepted what may be lost', async () => {
    group = await QueueGroup.open(1);
    await group.put(0, 'message');
    await group.closeAll();
    const asked = await treplica('recover-group', group.directoryOf(0), '--to', file);
    expect([asked.code, asked.stdout]).toEqual([
      1,
      expect.stringContaining('Nothing was written: run it again with --yes'),
    ]);
    expect(asked.stdout).toContain('nothing that was acknowledged');
    expect(existsSync(file)).toBe(false);
  });
});

describe('ledgers', () => {
  beforeEach(async () => {
    group = await QueueGroup.open(3);
    await group.put(0, 'message');
  });

  /** What the command says to ledgers that it does not take: nothing is left behind. */
  async function refusal(code: number, ...args: readonly string[]): Promise<string> {
    const ended = await treplica('recover-group', ...args, '--to', file, '--yes');
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(readdirSync(directory).filter((name) => name.startsWith('lost'))).toEqual([]);
    return ended.stderr;
  }

  it('in use are refused: their processes may still decide', async () => {
    await group.close(0);
    const said = await refusal(1, group.directoryOf(0), group.directoryOf(1));
    expect(said).toContain(
      `DIRECTORY_IN_USE: Directory ${group.directoryOf(1)} is in use by process ${process.pid}: stop it`,
    );
  });

  it('of two groups are refused, and what each belongs to is said', async () => {
    const other = await QueueGroup.open(1);
    await other.put(0, 'message');
    await Promise.all([group.closeAll(), other.closeAll()]);
    const said = await refusal(2, group.directoryOf(0), other.directoryOf(0));
    expect(said).toMatch(/INVALID_OPTION: Directory .* is of group [0-9a-f]{16}, and .* of group [0-9a-f]{16}/);
    await other.remove();
  });

  it('that are copies of one are refused; one that is named twice counts once', async () => {
    await group.closeAll();
    const copy = join(directory, 'copy');
    cpSync(group.directoryOf(0), copy, { recursive: true });
    expect(await refusal(2, group.directoryOf(0), group.directoryOf(1), copy)).toContain(
      'are copies of the ledger of one process',
    );
    const named = await recover(1, group.directoryOf(0), group.directoryOf(1), `${group.directoryOf(0)}/`);
    expect(named.ledgers).toHaveLength(2);
  });

  it('that are older copies count as silent', async () => {
    await group.closeAll();
    const copy = join(directory, 'copy');
    cpSync(group.directoryOf(0), copy, { recursive: true });
    await group.reopen();
    await group.put(0, 'after the copy');
    await group.closeAll();
    const recovered = await recover(1, copy, group.directoryOf(1));
    expect(recovered.ledgers.map(({ hasAllVotes }) => hasAllVotes)).toEqual([false, true]);
    expect(recovered.isComplete).toBe(false);
  });

  it('that are not there, or of no group, are refused', async () => {
    await group.closeAll();
    expect(await refusal(2, group.directoryOf(0), join(directory, 'none'))).toContain(
      'There is no ledger in directory',
    );
    await answer(0, 'backup', group.directoryOf(0), join(directory, 'whole.backup'));
    await answer(0, 'restore', join(directory, 'whole.backup'), join(directory, 'fresh'));
    expect(await refusal(2, join(directory, 'fresh'))).toContain('has never belonged to a group: leave it out');
  });

  it('that are damaged are named; without them it goes on where that is asked for', async () => {
    await group.closeAll();
    spoilPage(join(group.directoryOf(0), 'data.mdb'));
    const said = await refusal(1, ...[0, 1, 2].map((index) => group.directoryOf(index)));
    expect(said).toContain('LEDGER_DAMAGED: 1 of 3 ledgers cannot be read.');
    expect(said).toContain(`Directory ${group.directoryOf(0)}: `);
    expect(said).toContain('set --without-damaged');
    const directories = [0, 1, 2].map((index) => group.directoryOf(index));
    const recovered = await recover(0, ...directories, '--without-damaged', '--yes');
    expect(recovered).toMatchObject({ isComplete: true, damages: [expect.stringContaining(group.directoryOf(0))] });
    rmSync(file);
    expect(await refusal(1, group.directoryOf(0), '--without-damaged')).toContain('None of the ledgers can be read');
  });
});

describe('the command line', () => {
  beforeEach(async () => {
    group = await QueueGroup.open(1);
  });

  it.each([
    [['recover-group', 'one'], 'takes one DIR or more, and --to FILE'],
    [['recover-group', '--to', 'file'], 'takes one DIR or more, and --to FILE'],
    [['backup', 'one', 'two', '--yes'], 'Only recover-group takes --yes'],
  ])('%j is refused', async (args, why) => {
    expect(await treplica(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  });
});
