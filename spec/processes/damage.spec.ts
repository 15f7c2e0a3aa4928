import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

import { dataFile } from '../../lib/ledger/lmdb/data-file.js';
import { flipLastBit, tamper } from '../ledger/lmdb/lmdb-files.js';
import { checkpointFiles, digestsOf, type FileDamage, fileDamages, spoilPage } from '../support/file-damage.js';
import { type GroupSetup, ProcessGroup } from '../support/process-group.js';
import { rejection } from '../support/queue-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { until } from '../support/udp-testbed.js';

const OFTEN = { checkpoint: { everyPositions: 300, logMarginBytes: 0 } };

let group: ProcessGroup;

afterEach(async () => {
  await group.close();
});

/** Three replicas under load that have come some way, and one of them dead. */
async function withOneDead(notes: number, setup: GroupSetup = {}): Promise<ReplicaProcess> {
  group = await ProcessGroup.create(3, { callers: 2, quiet: true, ...setup });
  await group.start();
  await group.pass(notes);
  const victim = group.replica(2);
  await victim.kill();
  return victim;
}

/** All of its operations and everyone else's are everywhere, and it goes on serving. */
async function expectWhole(victim: ReplicaProcess): Promise<void> {
  await group.pass(100);
  await group.stopLoad();
  expect(await group.violations()).toEqual([]);
  await victim.ask({ kind: 'append', entry: 'executed' });
  expect(await victim.ask<string[]>({ kind: 'entries' })).toContain('executed');
}

describe('a process some of whose log is damaged', () => {
  it('learns it again from others, under its own id', async () => {
    const victim = await withOneDead(500);
    const { processId, directory, setup } = victim;
    const firstSegment = `${encodeURIComponent(setup.queueId)}/log/0000000000`;
    await tamper(directory, firstSegment, 7, flipLastBit);
    await victim.start();
    expect(victim.processId).toBe(processId);
    expect(victim.events('repaired')).toHaveLength(1);
    await expectWhole(victim);
  });
});

/** One group for all ways: after each, everything works again. */
async function inTurn<T>(
  victim: ReplicaProcess,
  ways: readonly T[],
  suffers: (way: T) => Promise<void>,
): Promise<void> {
  for (const [turn, way] of ways.entries()) {
    if (turn > 0) {
      await group.load(1);
      await group.pass(100);
      await victim.kill();
    }
    await suffers(way);
    await expectWhole(victim);
  }
}

describe('a process whose checkpoint is', () => {
  it('cut short, changed in one bit or removed comes back under its own id, with everything', async () => {
    const victim = await withOneDead(1_500, { callers: 1, options: OFTEN });
    await inTurn(victim, ['cut short', 'changed in one bit', 'removed'] as const, async (way) => {
      const { processId, directory } = victim;
      const files = checkpointFiles(directory);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) fileDamages[way](file);
      await victim.start();
      expect([way, victim.processId]).toEqual([way, processId]);
      expect(victim.events('damaged').map(({ what }) => what)).toContain('base');
      expect(victim.events('installed')).toHaveLength(1);
    });
  }, 240_000);
});

describe('a process whose data file is', () => {
  const ways: readonly [string, FileDamage][] = [
    ['emptied', fileDamages.emptied],
    ['cut short', fileDamages['cut short']],
    ['zeroed', fileDamages.zeroed],
    ['noise in one page', spoilPage],
  ];
  const keptIn = (directory: string): string[] => readdirSync(directory).filter((name) => name.startsWith('damaged-'));

  it('emptied, cut short, zeroed or noise in one page is refused, and where it is told to recover comes back under a new id', async () => {
    const victim = await withOneDead(500, { options: OFTEN });
    await inTurn(victim, ways, async ([way, damage]) => {
      const { processId, directory } = victim;
      damage(dataFile(directory));
      const [before, keptBefore] = [digestsOf(directory), keptIn(directory)];
      victim.use({ recover: false });
      await rejection(victim.start());
      expect([way, victim.failure]).toMatchObject([way, { code: 'LEDGER_DAMAGED' }]);
      expect(digestsOf(directory)).toEqual(before);
      await group.pass(100);

      victim.use({ recover: true });
      await victim.start();
      expect(victim.processId).not.toBe(processId);
      expect(victim.events('founded')).toMatchObject([{ part: 'observer' }]);
      const [kept = '', ...others] = keptIn(directory).filter((name) => !keptBefore.includes(name));
      expect(others).toEqual([]);
      const keptFile = dataFile(join(directory, kept));
      expect(digestsOf(join(directory, kept)).get(keptFile)).toBe(before.get(dataFile(directory)));
    });
  }, 240_000);
});

describe('a process whose directory is gone', () => {
  it('joins without a vote, and is the same observer when it is started again', async () => {
    const victim = await withOneDead(500, { options: { ...OFTEN, recover: true } });
    rmSync(victim.directory, { recursive: true });
    await victim.start();
    const { processId } = victim;
    await victim.kill();
    await victim.start();
    expect(victim.processId).toBe(processId);
    await expectWhole(victim);
    await group.replica(0).kill();
    const alone = victim.ask({ kind: 'append', entry: 'by one member and the observer', timeoutMs: 1_500 });
    await expect(alone).rejects.toThrow('UNKNOWN_OUTCOME');
    await group.replica(0).start();
    await expectWhole(victim);
  });
});

describe('a group all of whose directories are damaged', () => {
  it('is not founded anew by its processes while another one is, and they tell what has happened', async () => {
    await withOneDead(500, { options: { ...OFTEN, recover: true } });
    await Promise.all(group.replicas.map((replica) => replica.kill()));
    for (const { directory } of group.replicas) fileDamages.zeroed(dataFile(directory));
    for (const replica of group.replicas) replica.spawn();
    await until(() => group.replicas.every((replica) => replica.events('set-aside').length > 0));
    const another = await ProcessGroup.create(3);
    await another.start();
    await another.close();
    for (const replica of group.replicas) expect([replica.running, replica.ready]).toEqual([true, false]);
  });
});
