import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { ask } from '../../lib/control/ask.js';
import { operatorsIn } from '../../lib/control/operators.js';
import { ControlDirectory, KEYS, queueOf, SELF, STATUS } from './control-directory.js';

const directory = ControlDirectory.forEach();

describe('the control socket', () => {
  it('is there for its user alone while a queue is open, and leaves nothing behind', async () => {
    const leave = await directory.enter(queueOf('a'));
    expect(statSync(join(directory.path, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory.path)).toEqual(['control.sock']);
    leave();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('tells members and status', async () => {
    await directory.enter(queueOf('a'));
    expect(await ask(directory.path, { command: 'members' })).toEqual([
      {
        queueId: 'a',
        process: SELF,
        view: 3,
        members: [{ process: SELF, heardMsAgo: 0, coordinates: false }],
        observers: [],
      },
    ]);
    expect(await ask(directory.path, { command: 'status', queue: 'a' })).toEqual([
      { queueId: 'a', process: SELF, view: STATUS.view, observers: [], reign: null },
    ]);
  });

  it('shows, uses and removes keys', async () => {
    await directory.enter(queueOf('a'));
    const shown = { queueId: 'a', process: SELF, ...KEYS };
    expect(await ask(directory.path, { command: 'keys' })).toEqual([shown]);
    expect(await ask(directory.path, { command: 'remove-key', id: 1 })).toEqual(shown);
    await expect(ask(directory.path, { command: 'use-key', id: 3, force: true })).rejects.toThrow('key 3');
    for (const id of [0, 2 ** 32, 'a', undefined])
      await expect(ask(directory.path, { command: 'use-key', id })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('is shared by the queues in its directory, however it is named', async () => {
    const leave = await directory.enter(queueOf('a'));
    await directory.enter(queueOf('b'), join(directory.path, '.'));
    expect(await ask(directory.path, { command: 'members' })).toMatchObject([{ queueId: 'a' }, { queueId: 'b' }]);
    const change = { command: 'change-members', add: ['x'] };
    await expect(ask(directory.path, change)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('name one of a, b'),
    });
    await expect(ask(directory.path, { ...change, queue: 'b' })).resolves.toMatchObject({ queueId: 'b' });
    leave();
    expect(await ask(directory.path, { command: 'members' })).toMatchObject([{ queueId: 'b' }]);
    await expect(ask(directory.path, { command: 'members', queue: 'a' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('comes again when a queue is opened again at once', async () => {
    const first = await directory.enter(queueOf('a'));
    first();
    await directory.enter(queueOf('a'));
    expect(await ask(directory.path, { command: 'members' })).toHaveLength(1);
  });

  it('replaces that of a process that is gone, and what it had begun', async () => {
    mkdirSync(join(directory.path, 'control.new'));
    writeFileSync(join(directory.path, 'control.new', 'control.sock'), '');
    writeFileSync(join(directory.path, 'control.sock'), 'stale');
    await directory.enter(queueOf('a'));
    expect(await ask(directory.path, { command: 'members' })).toHaveLength(1);
  });

  it('that another has replaced is left to that one', async () => {
    const leave = await directory.enter(queueOf('a'));
    rmSync(join(directory.path, 'control.sock'));
    writeFileSync(join(directory.path, 'control.sock'), 'of another');
    leave();
    expect(readdirSync(directory.path)).toEqual(['control.sock']);
  });

  it('is reached in a directory whose path no socket can have', async () => {
    directory.path = join(directory.path, 'd'.repeat(120), 'e'.repeat(120));
    mkdirSync(directory.path, { recursive: true });
    const leave = await directory.enter(queueOf('a'));
    expect(readdirSync(directory.path)).toEqual(['control.sock']);
    expect(await ask(directory.path, { command: 'members' })).toHaveLength(1);
    leave();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('that cannot be made is told of, and the queue goes on', async () => {
    const failures: Error[] = [];
    const gone = join(directory.path, 'gone');
    const leave = await operatorsIn(() => gone).enter(queueOf('a'), (error) => failures.push(error));
    leave();
    mkdirSync(join(directory.path, 'control.sock', 'in the way'), { recursive: true });
    const other = await operatorsIn(() => directory.path).enter(queueOf('a'), (error) => failures.push(error));
    other();
    expect(failures).toMatchObject([{ code: 'ENOENT' }, { syscall: 'rename' }]);
  });
});
