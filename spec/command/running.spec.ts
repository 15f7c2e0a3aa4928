import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

import type { KeysOfQueue, MembersReport, StatusReport } from '../../lib/control/commands.js';
import { QueueGroup } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { answer, PROGRAM, treplica } from './command-line.js';

let group: QueueGroup;

afterEach(async () => {
  await group.remove();
});

describe('commands to a running process', () => {
  it('tell members and status, for people and for programs', async () => {
    group = await QueueGroup.open(3);
    await group.put(0, 'a message');
    const [one, ...others] = group.queues;
    const directory = group.directoryOf(0);
    await soon(() => expect(one!.status().view.members.filter(({ heardMsAgo }) => heardMsAgo === null)).toEqual([]));
    const members = await answer<{ queues: MembersReport[] }>(0, 'members', directory);
    expect(members).toMatchObject({
      directory,
      queues: [{ queueId: group.queueId, process: one!.processId, view: 0 }],
    });
    expect(members.queues[0]!.members.map(({ process }) => process)).toEqual(one!.members);
    expect(members.queues[0]!.members.filter(({ coordinates }) => coordinates)).toHaveLength(1);
    const { stdout } = await treplica('members', directory);
    expect(stdout).toMatch(`${one!.processId}  this process`);
    for (const { processId } of others) expect(stdout).toMatch(new RegExp(`${processId}  heard \\d+\\.\\d s ago`));
    const status = await answer<{ queues: StatusReport[] }>(0, 'status', directory, '--queue', group.queueId);
    expect(status.queues).toMatchObject([{ role: 'member', hasQuorum: true, position: 1, checkpoint: null }]);
    expect((await treplica('status', directory)).stdout).toMatch(/position +1 messages, level\n/);
  });

  it('have observers join and members leave, as a person does it: by the ids that the commands show', async () => {
    group = await QueueGroup.open(3);
    await group.reopen([3], { recover: true });
    await soon(() => expect(group.queue(0).observers).toHaveLength(1));
    expect((await treplica('members', group.directoryOf(0))).stdout).toMatch(
      new RegExp(`observers +1\\n +${group.queue(3).processId} +at 127.0.0.1:\\d+, .*, since 20`),
    );
    const observer = await answer<{ queues: StatusReport[] }>(0, 'status', group.directoryOf(3));
    expect(observer.queues).toMatchObject([{ role: 'observer' }]);
    const [{ process }] = observer.queues as [StatusReport];
    await soon(() => expect(group.queue(0).observers).toMatchObject([{ process, lagInstances: 0 }]));
    const joined = await treplica('join', group.directoryOf(0), process);
    expect(joined).toMatchObject({ code: 0, stderr: '' });
    expect(joined.stdout).toContain(process);
    expect(group.queue(0).members).toContain(process);
    const { processId: removed } = group.queue(1);
    const left = await answer<{ members: string[] }>(0, 'leave', group.directoryOf(0), removed);
    expect(left.members).not.toContain(removed);
    expect(left.members).toHaveLength(3);
  });

  it('make keys, and have a group change them', async () => {
    const files = mkdtempSync(join(tmpdir(), 'treplica-keys-'));
    const file = join(files, 'keys');
    expect(await answer(0, 'keys', 'new', file)).toEqual({ file, id: 1, isNewFile: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    group = await QueueGroup.open(3, { keys: file });
    const directory = group.directoryOf(0);
    expect((await treplica('keys', 'show', directory)).stdout).toMatch(/sent with +the first key of each process/);
    expect(await treplica('keys', 'use', directory, '2')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^treplica: KEY_MISSING: This process does not have key 2/),
    });
    expect(await answer(0, 'keys', 'new', file)).toEqual({ file, id: 2, isNewFile: false });
    expect((await treplica('keys', 'use', directory, '2')).stdout).toMatch(/sent with +key 2\n/);
    const removed = await treplica('keys', 'remove', directory, '1');
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(removed.stdout).toMatch(/removed +up to key 1\n/);
    const shown = await answer<{ queues: KeysOfQueue[] }>(0, 'keys', 'show', directory);
    expect(shown.queues).toMatchObject([{ number: 2, sendingId: 2, removedUpTo: 1 }]);
    rmSync(files, { recursive: true });
  });

  it('say what is wrong as the process says it', async () => {
    group = await QueueGroup.open(1);
    const directory = group.directoryOf(0);
    const { processId } = group.queue(0);
    expect(await treplica('join', directory, processId)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^treplica: INVALID_OPTION: .* is a member already\.\n$/),
    });
    expect(await treplica('leave', directory, processId)).toMatchObject({ code: 2 });
    expect(await treplica('members', directory, '--queue', 'none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`has no queue none open there: name ${group.queueId}`),
    });
    const absent = ['0123456789abcdef', '0123456789abcde0'];
    expect(await treplica('join', directory, ...absent)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^treplica: NOT_LEVEL: /),
    });
    await group.closeAll();
    expect(existsSync(join(directory, 'control.sock'))).toBe(false);
    expect(await treplica('status', directory)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^treplica: NO_ANSWER: .* no process has a queue open there/),
    });
    const empty = mkdtempSync(join(tmpdir(), 'treplica-empty-'));
    expect(await treplica('status', empty)).toMatchObject({ code: 2, stderr: expect.stringContaining('no ledger') });
    rmSync(empty, { recursive: true });
  });

  it.each([
    [['status'], 'status takes DIR'],
    [['members', 'a', 'b'], 'members takes DIR'],
    [['join', 'a'], 'join takes DIR and ids'],
    [['leave'], 'leave takes DIR and ids'],
    [['keys', 'use', 'a'], 'keys takes show and DIR'],
    [['keys', 'show', 'a', '1'], 'keys takes show and DIR'],
    [['status', 'a', '--force'], 'Only join, leave and keys take --force'],
  ])('take what they take: %j', async (args, why) => {
    group = await QueueGroup.open(1);
    expect(await treplica(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  });

  it('end when they are interrupted, and the change may be made all the same', async () => {
    group = await QueueGroup.open(1);
    await group.closeAll();
    // In place of a process that takes long.
    const server = createServer().listen(join(group.directoryOf(0), 'control.sock'));
    const args = [PROGRAM, 'leave', group.directoryOf(0), group.queue(0).processId];
    const command = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    command.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const exited = once(command, 'exit');
    const [socket] = (await once(server, 'connection')) as [Socket];
    await once(socket, 'data');
    command.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
    expect(stderr).toMatch(/^treplica: UNKNOWN_OUTCOME: /);
    server.close();
  });
});
