import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { dataFile } from '../../lib/ledger/lmdb/data-file.js';
import { ProcessGroup } from '../support/process-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { SmallDisk } from '../support/small-disk.js';

const DISK_BYTES = 64 * 1024 * 1024;

let group: ProcessGroup;
let victim: ReplicaProcess;

beforeEach(async () => {
  group = await ProcessGroup.create(3, { callers: 2, noteBytes: 1_000, quiet: true });
  victim = group.replica(2);
});

afterEach(async () => {
  await group.close();
});

/** It stops by itself and says why, and the others go on; with room it comes back as what it was. */
async function expectStopAndReturn(takeRoom: () => void, giveRoom: () => void, why: RegExp): Promise<void> {
  await group.start();
  await group.pass(200);
  const { processId } = victim;
  takeRoom();
  expect(await victim.ended()).toBe(1);
  expect(victim.failure).toMatchObject({ code: 'DISK_FULL', message: expect.stringMatching(why) });
  await group.pass(200);
  giveRoom();
  await victim.start();
  expect(victim.processId).toBe(processId);
  await group.pass(200);
  await group.stopLoad();
  expect(await group.violations()).toEqual([]);
}

describe('a process', () => {
  it('whose disk is full stops with the cause, and loses nothing', async () => {
    const disk = await SmallDisk.at(victim.directory, DISK_BYTES);
    if (disk === null) {
      console.warn('a file system of its own is not permitted: what happens on a full disk has not been shown');
      return;
    }
    victim.runUnder(disk.under);
    await expectStopAndReturn(
      () => disk.fill(),
      () => disk.empty(),
      /the disk is full: \d+ of its 67108864 bytes are free/,
    );
    await victim.kill();
    await disk.remove();
  });

  it('whose data file may not grow stops with the cause, and loses nothing', async () => {
    const limit = (): void => {
      const { size } = statSync(dataFile(victim.directory));
      execFileSync('prlimit', ['--pid', String(victim.pid), `--fsize=${size}`]);
    };
    await expectStopAndReturn(limit, () => undefined, /has reached the \d+ bytes that this process may give one/);
  });
});
