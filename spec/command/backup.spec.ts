import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { RestoreSummary } from '../../lib/backup/restore-backup.js';
import type { BackupSummary } from '../../lib/backup/take-backup.js';
import {
  AsynchronousPersistentQueue,
  type QueueOptions,
  ReplicatedStateMachine,
  StateMachine,
} from '../../lib/index.js';
import { Append, Journal } from '../programs/journal.js';
import { append, entriesUntil } from '../support/journal-entries.js';
import { QueueGroup, rejection, silent } from '../support/queue-group.js';
import { newQueueId } from '../support/udp-testbed.js';
import { answer, treplica } from './command-line.js';

const OFTEN = { everyPositions: 100, logMarginBytes: 0 };

type Machine = ReplicatedStateMachine<Journal>;

let group: QueueGroup | null = null;
/** Queues of processes that were restored. */
let restored: AsynchronousPersistentQueue[] = [];
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-backup-'));
  file = join(directory, 'journal.backup');
});

afterEach(async () => {
  await Promise.all(restored.map((queue) => queue.close()));
  restored = [];
  await group?.remove();
  group = null;
  rmSync(directory, { recursive: true });
});

async function openGroup(n: number, options: Partial<QueueOptions> = {}): Promise<Machine[]> {
  const opened = (group = await QueueGroup.open(n, options));
  return Promise.all(opened.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
}

function place(number: number): string {
  return join(directory, String(number));
}

function open(queueId: string, number: number, replicas: number, options: Partial<QueueOptions> = {}) {
  const created = AsynchronousPersistentQueue.create(queueId, {
    directory: place(number),
    replicas,
    log: silent,
    ...options,
  });
  return created.then((queue) => {
    restored.push(queue);
    return queue;
  });
}

/** Starts processes with what was restored into places `1` to `n`. */
async function start(queueId: string, n: number): Promise<Machine[]> {
  const numbers = Array.from({ length: n }, (_, i) => i + 1);
  const queues = await Promise.all(numbers.map((number) => open(queueId, number, n)));
  return Promise.all(queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
}

function restoreInto(number: number, queueId: string, from = file): Promise<RestoreSummary> {
  return answer<RestoreSummary>(0, 'restore', from, place(number), '--queue', queueId);
}

describe('a backup of a running replica', () => {
  it.each([
    ['with checkpoints', OFTEN],
    ['without', {}],
  ])('%s holds a prefix of the state; restored three times it goes on', async (_, checkpoint) => {
    const machines = await openGroup(3, { checkpoint });
    await append(machines[0]!, 0, 350);
    const end = new AbortController();
    const load = (async () => {
      for (let i = 350; !end.signal.aborted; i += 1) await append(machines[1]!, i, i + 1);
    })();
    await machines[2]!.read(({ entries }) => entries);
    const summary = await answer<BackupSummary>(0, 'backup', group!.directoryOf(2), file);
    end.abort();
    await load;
    expect(summary).toMatchObject({ file, queueId: group!.queueId });
    expect(readdirSync(directory)).toEqual(['journal.backup']);
    const all = await machines[0]!.read(({ entries }) => [...entries]);

    const queueId = await newQueueId();
    for (const number of [1, 2, 3]) {
      const { position, watermark, digest } = summary;
      expect(await restoreInto(number, queueId)).toEqual({
        directory: place(number),
        queueId,
        position,
        watermark,
        digest,
      });
    }
    const again = await start(queueId, 3);
    const states = await Promise.all(again.map((machine) => machine.read(({ entries }) => [...entries])));
    expect(states[0]!.length).toBeGreaterThanOrEqual(349);
    for (const state of states) expect(state).toEqual(all.slice(0, summary.position));
    await Promise.all(again.map((machine, i) => machine.execute(new Append(`after ${i}`))));
    const ends = await Promise.all(again.map((machine) => machine.read(({ entries }) => [...entries])));
    expect(ends[0]).toEqual([...states[0]!, ...['after 0', 'after 1', 'after 2'].map(() => expect.any(String))]);
    expect(ends).toEqual([ends[0], ends[0], ends[0]]);
    expect((await restored[0]!.checkpoint()).position).toBe(summary.position + 3);
  });

  it('can be taken of one that is stopped, and restored without naming the queue', async () => {
    const [machine] = await openGroup(1);
    await append(machine!, 0, 10);
    await group!.closeAll();
    const { position } = await answer<BackupSummary>(0, 'backup', group!.directoryOf(0), file);
    await answer(0, 'restore', file, place(1));
    const [again] = await start(group!.queueId, 1);
    // What was decided last is in the log as a vote; that it is decided, only the next commit says.
    expect(await again!.read(({ entries }) => entries)).toEqual(entriesUntil(position));
    expect(position).toBeGreaterThanOrEqual(9);
  });
});

describe('a group that began from a backup', () => {
  let queueId: string;

  beforeEach(async () => {
    const [machine] = await openGroup(1, { checkpoint: OFTEN });
    await append(machine!, 0, 250);
    await group!.queue(0).checkpoint();
    await append(machine!, 250, 260);
    await group!.closeAll();
    await answer(0, 'backup', group!.directoryOf(0), file);
    queueId = await newQueueId();
  });

  it('is the same group after a restart', async () => {
    await restoreInto(1, queueId);
    await restoreInto(2, queueId);
    const [first] = await start(queueId, 2);
    const { length } = first!.state.entries;
    await append(first!, 0, 10);
    await Promise.all(restored.map((queue) => queue.close()));
    const again = await start(queueId, 2);
    for (const machine of again) expect(await machine.read(({ entries }) => entries.length)).toBe(length + 10);
  });

  it('lets a process learn that comes later with nothing', async () => {
    await restoreInto(1, queueId);
    await restoreInto(2, queueId);
    const [first] = await start(queueId, 2);
    const observer = await ReplicatedStateMachine.create(new Journal(), await open(queueId, 3, 2, { recover: true }));
    await append(first!, 260, 262);
    expect(await observer.read(({ entries }) => entries)).toEqual(first!.state.entries);
    expect(await observer.execute(new Append('of the observer'))).toBe(first!.state.entries.length - 1);
  });

  it('is founded by nobody who began from something else: both say what to do', async () => {
    await group!.reopen();
    const machine = await ReplicatedStateMachine.create(new Journal(), group!.queue(0));
    await append(machine, 260, 280);
    await group!.closeAll();
    const other = join(directory, 'other.backup');
    await answer(0, 'backup', group!.directoryOf(0), other);
    await restoreInto(1, queueId);
    await restoreInto(2, queueId, other);
    const [one, two] = await Promise.all([rejection(open(queueId, 1, 2)), rejection(open(queueId, 2, 2))]);
    expect([one.code, two.code]).toEqual(['BACKUP_MISMATCH', 'BACKUP_MISMATCH']);
    expect(one.message).toContain('restore all processes of a group from the same backup');
    const [begun, fresh] = await Promise.all([rejection(open(queueId, 1, 2)), rejection(open(queueId, 3, 2))]);
    expect([begun.code, fresh.code]).toEqual(['BACKUP_MISMATCH', 'BACKUP_MISMATCH']);
    expect(fresh.message).toContain('this one from nothing');
  });

  it('refuses the state of another application', async () => {
    class Ledger extends StateMachine {
      total = 0;
    }
    await restoreInto(1, queueId);
    const failure = await rejection(ReplicatedStateMachine.create(new Ledger(), await open(queueId, 1, 1)));
    expect(failure.code).toMatch(/STATE_MISMATCH|CLASS_NOT_REGISTERED/);
  });
});

describe('a backup that cannot be restored', () => {
  beforeEach(async () => {
    const [machine] = await openGroup(1);
    await append(machine!, 0, 3);
    await answer(0, 'backup', group!.directoryOf(0), file);
  });

  it.each<[string, (whole: Buffer) => Buffer, string]>([
    ['is cut short', (whole) => whole.subarray(0, -40), 'BACKUP_DAMAGED'],
    [
      'has a flipped bit',
      (whole) => Buffer.from(whole.map((byte, at) => (at === 300 ? byte ^ 4 : byte))),
      'BACKUP_DAMAGED',
    ],
    [
      'is of another format version',
      (whole) => Buffer.from(whole.map((byte, at) => (at === 8 ? 9 : byte))),
      'BACKUP_VERSION',
    ],
    ['is none', () => Buffer.from('{"kind": "something else"}'), 'BACKUP_DAMAGED'],
    ['is empty', () => Buffer.alloc(0), 'BACKUP_DAMAGED'],
  ])('because it %s leaves nothing behind', async (_, change, code) => {
    writeFileSync(file, change(readFileSync(file)));
    for (const where of [place(1), join(place(2), 'in', 'deep')]) {
      const ended = await treplica('restore', file, where);
      expect([ended.code, ended.stdout, ended.stderr]).toEqual([
        1,
        '',
        expect.stringMatching(`^treplica: ${code}: .*\\n$`),
      ]);
    }
    expect(readdirSync(directory)).toEqual(['journal.backup']);
  });

  it('because it is not there says so', async () => {
    const ended = await treplica('restore', join(directory, 'no.backup'), place(1));
    const said = `BACKUP_NOT_READABLE: The backup ${join(directory, 'no.backup')} cannot be read: there is no such file.`;
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(existsSync(place(1))).toBe(false);
    const another = await treplica('restore', directory, place(1));
    expect(another.stderr).toContain('BACKUP_NOT_READABLE');
    expect(another.stderr).toContain('it is a directory');
  });

  it('because something is where it should go leaves that as it is', async () => {
    mkdirSync(place(1));
    writeFileSync(join(place(1), 'notes'), 'mine');
    for (const where of [place(1), group!.directoryOf(0), file]) {
      const ended = await treplica('restore', file, where);
      expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('ALREADY_EXISTS: Nothing was restored')]);
    }
    expect(readFileSync(join(place(1), 'notes'), 'utf8')).toBe('mine');
    rmSync(join(place(1), 'notes'));
    await answer(0, 'restore', file, place(1));
  });

  it('because its queue is to be none that there could be says so', async () => {
    const ended = await treplica('restore', file, place(1), '--queue', 'no name');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('no name')]);
    expect(existsSync(place(1))).toBe(false);
  });
});

describe('a backup that cannot be taken', () => {
  it('is written over nothing', async () => {
    const [machine] = await openGroup(1);
    await append(machine!, 0, 3);
    writeFileSync(file, 'mine');
    const ended = await treplica('backup', group!.directoryOf(0), file);
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('ALREADY_EXISTS')]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('of nothing, of one of several queues, or into nowhere, says what to name', async () => {
    expect(await treplica('backup', directory, file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no ledger'),
    });
    const beside = await QueueGroup.open(1);
    group = await QueueGroup.open(1, {}, beside);
    const { queueId } = beside;
    expect(await treplica('backup', group.directoryOf(0), file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(queueId),
    });
    await answer(0, 'backup', group.directoryOf(0), file, '--queue', queueId);
    expect(
      await treplica('backup', group.directoryOf(0), join(directory, 'no', 'where'), '--queue', queueId),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
    await beside.closeAll();
    expect(readdirSync(directory)).toEqual(['journal.backup']);
  });
});
