import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

import { type Checkpoint, type QueueListener, ReplicatedStateMachine } from '../../lib/index.js';
import { Journal } from '../programs/journal.js';
import { append, entriesUntil } from '../support/journal-entries.js';
import { QueueGroup } from '../support/queue-group.js';
import { soon } from '../support/soon.js';

const OFTEN = { everyPositions: 100, logMarginBytes: 0 };

type Machine = ReplicatedStateMachine<Journal>;

let group: QueueGroup;

afterEach(async () => {
  await group.remove();
});

function machineAt(index: number): Promise<Machine> {
  return ReplicatedStateMachine.create(new Journal(), group.queue(index));
}

function checkpointsOf(index: number): string[] {
  return readdirSync(join(group.directoryOf(index), 'checkpoints'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.checkpoint'));
}

describe('a replica with checkpoints', () => {
  it('starts from the last one, and executes what follows it', async () => {
    group = await QueueGroup.open(1, { checkpoint: OFTEN });
    const before = await machineAt(0);
    await append(before, 0, 250);
    await soon(() => expect(checkpointsOf(0)).toHaveLength(1));
    await before.close();
    await group.reopen([0]);
    const after = await machineAt(0);
    expect(await after.read(({ entries }) => entries)).toEqual(entriesUntil(250));
    await append(after, 250, 260);
    expect(after.state.entries).toEqual(entriesUntil(260));
  });

  it('makes one when it is asked to', async () => {
    group = await QueueGroup.open(1);
    const machine = await machineAt(0);
    await append(machine, 0, 10);
    expect(await group.queue(0).checkpoint()).toMatchObject({ position: 10 });
  });
});

describe('a replica that was away for longer than the log of the others reaches back', () => {
  it('goes on from the checkpoint of another', async () => {
    const installed: Checkpoint[] = [];
    const listener: QueueListener = (event) => {
      if (event.kind === 'installed') installed.push(event.checkpoint);
    };
    group = await QueueGroup.open(3, { checkpoint: OFTEN });
    const [first, second, third] = await Promise.all([machineAt(0), machineAt(1), machineAt(2)]);
    await append(first, 0, 50);
    await third.close();
    await append(first, 50, 1_200);
    await append(second, 1_200, 1_250);
    await group.reopen([2], { listener });
    const back = await machineAt(2);
    expect(await back.read((journal) => journal.entries)).toEqual(entriesUntil(1_250));
    await append(back, 1_250, 1_260);
    expect(back.state.entries).toEqual(entriesUntil(1_260));
    expect(installed.length).toBeGreaterThan(0);
  });
});
