import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { QueueEvent } from '../../lib/index.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { soon } from '../support/soon.js';

const lines = [1, 2, 3].map((id) => `${id} ${randomBytes(32).toString('base64')}\n`);

let group: QueueGroup;
let files: string;
let events: QueueEvent[][];

beforeEach(() => {
  files = mkdtempSync(join(tmpdir(), 'treplica-key-files-'));
  events = [[], [], [], []];
});
afterEach(async () => {
  await group.remove();
  rmSync(files, { recursive: true });
});

function fileOf(index: number): string {
  return join(files, String(index));
}

/** Each process has a file of its own with the first key. */
async function openKeyed(n: number): Promise<void> {
  for (let i = 0; i <= n; i += 1) writeFileSync(fileOf(i), lines[0]!, { mode: 0o600 });
  group = await QueueGroup.open(n, {}, undefined, (index) => ({
    keys: fileOf(index),
    listener: (event) => events[index]!.push(event),
  }));
}

function addKey(id: number, ...indices: readonly number[]): void {
  for (const index of indices) appendFileSync(fileOf(index), lines[id - 1]!);
}

function sendingIds(): unknown[] {
  return group.queues.map(({ keys }) => keys.show().processes[0]!.sendingId);
}

describe('the keys of a group', () => {
  it('are changed one after the other under load, and no caller sees anything of it', async () => {
    await openKeyed(3);
    let isOver = false;
    let puts = 0;
    const load = group.queues.map(async (queue) => {
      while (!isOver) {
        await queue.put(Buffer.from('message'));
        puts += 1;
      }
    });
    for (const id of [2, 3]) {
      addKey(id, 0, 1, 2);
      await group.queue(id % 3).keys.use(id);
      await soon(() => expect(sendingIds()).toEqual([id, id, id]));
      await group.queue(0).keys.remove(id - 1);
      const before = puts;
      await soon(() => expect(puts).toBeGreaterThan(before + 20));
      await soon(() => {
        for (const { keys } of group.queues) expect(keys.show().processes[0]!.ids).toEqual([id]);
      });
    }
    isOver = true;
    await Promise.all(load);
    const { processes, ...state } = group.queue(1).keys.show();
    expect(state).toEqual({ number: 4, sendingId: 3, removedUpTo: 2 });
    await soon(() => {
      for (const { lacks, sendingId } of group.queue(1).keys.show().processes)
        expect([lacks, sendingId]).toEqual([[], 3]);
    });
    expect(processes).toHaveLength(3);
  });

  it('need not be in one order in all files: those that have one in common found a group, and go on after restarts', async () => {
    const own = [lines[0]! + lines[1]!, lines[1]!, lines[1]! + lines[0]!];
    own.forEach((text, i) => {
      writeFileSync(fileOf(i), text, { mode: 0o600 });
    });
    group = await QueueGroup.open(3, {}, undefined, (index) => ({ keys: fileOf(index) }));
    await soon(() => expect(sendingIds()).toEqual([2, 2, 2]));
    for (const index of [0, 1, 2]) {
      writeFileSync(fileOf(index), own[0]!, { mode: 0o600 });
      await group.close(index);
      await group.reopen([index]);
      await group.put((index + 1) % 3, `after the restart of ${index}`);
      await group.put(index, `of ${index}`);
    }
  });

  it('are not used before all have them, and it is said who lacks one', async () => {
    await openKeyed(3);
    const [one, two, three] = group.queues;
    expect(await rejection(one!.keys.use(2))).toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining('This process does not have key 2, but 1'),
    });
    addKey(2, 0, 1);
    const error = await rejection(one!.keys.use(2));
    expect(error).toMatchObject({ code: 'KEY_MISSING' });
    expect(error.message).toContain(three!.processId);
    expect(error.message).not.toContain(two!.processId);
    expect(two!.keys.show().processes[0]!.ids).toEqual([1, 2]);
    await expect(one!.keys.use(1)).resolves.toBeUndefined();
    await expect(one!.keys.use(1)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(one!.keys.remove(1)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('cut off a process that lacks one only if that is forced; it says what it lacks, and comes back with its file', async () => {
    await openKeyed(3);
    addKey(2, 0, 1);
    await group.queue(0).keys.use(2, { force: true });
    await soon(() => expect(sendingIds().slice(0, 2)).toEqual([2, 2]));
    expect(await rejection(group.queue(0).keys.remove(1))).toMatchObject({
      code: 'KEY_IN_USE',
      message: expect.stringContaining(group.queue(2).processId),
    });
    await group.put(0, 'without the third');
    addKey(2, 2);
    await soon(() => expect(sendingIds()).toEqual([2, 2, 2]));
    await group.put(2, 'of the third');
    await group.queue(2).keys.remove(1);
    const { removedUpTo } = group.queue(2).keys.show();
    expect(removedUpTo).toBe(1);
  });

  it('that were removed are not heard, and a process that has no other does not start', async () => {
    await openKeyed(3);
    await group.close(2);
    addKey(2, 0, 1);
    await group.queue(0).keys.use(2);
    expect(await rejection(group.queue(0).keys.remove(1))).toMatchObject({ code: 'KEY_IN_USE' });
    await group.queue(0).keys.remove(1, { force: true });
    await soon(() => expect(group.queue(1).keys.show().removedUpTo).toBe(1));
    await group.reopen([2]);
    await soon(() => {
      const texts = events[2]!.flatMap((event) => (event.kind === 'network' ? [event.text] : []));
      expect(texts.join()).toMatch(/under the key 2, which this process does not have/);
    });
    expect(group.queue(2).keys.show().processes[0]!.ids).toEqual([1]);
    const put = group.put(2, 'back');
    const heard = group
      .queue(0)
      .keys.show()
      .processes.find(({ process }) => process === group.queue(2).processId);
    expect(heard).toMatchObject({ isMember: true, ids: null });
    addKey(2, 2);
    await soon(() => expect(group.queue(2).keys.show()).toMatchObject({ number: 2, removedUpTo: 1 }));
    await put;
    await group.close(0, 2);
    const counts = events[0]!.flatMap((event) => (event.kind === 'stopped' ? [event.counts['keyDropped']] : []));
    expect(counts).toEqual([expect.any(Number)]);
    expect(counts[0]).toBeGreaterThan(0);
    writeFileSync(fileOf(2), lines[0]!);
    await expect(group.reopen([2])).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining(
        'The group has removed its keys up to 1 and sends with key 2 or another one, and this process has 1',
      ),
    });
  });
});
