import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

import { ProcessGroup } from '../support/process-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { until } from '../support/udp-testbed.js';

const SHIFTED = join(process.cwd(), 'dist/spec/programs/shifted-clock.js');
const HOUR_MS = 3_600_000;
/** Of the right time: far more than a busy machine takes for anything here, and far less than the clock that is wrong is off. */
const NEAR_MS = HOUR_MS / 4;

let group: ProcessGroup;

afterEach(async () => {
  await group.close();
});

/** Three replicas, of which the last has a clock that is off. */
async function open(shiftMs: number): Promise<void> {
  const shifted = ['env', `SHIFT_MS=${shiftMs}`, `NODE_OPTIONS=--import=${SHIFTED}`];
  group = await ProcessGroup.create(3, {
    options: { limits: { strayClockMs: 100 } },
    under: (index) => (index === 2 ? shifted : ['env']),
  });
  await group.start();
}

/** The decided times of an operation of each replica that runs, one after the other. */
async function times(): Promise<number[]> {
  const decided: number[] = [];
  for (const replica of group.running) decided.push(await replica.ask<number>({ kind: 'time' }));
  return decided;
}

function expectAscending(decided: readonly number[]): void {
  expect(decided).toEqual([...decided].sort((a, b) => a - b));
}

function expectNear(decided: readonly number[]): void {
  for (const time of decided) expect(Math.abs(time - Date.now())).toBeLessThan(NEAR_MS);
}

/** The clock that is off, as a coordinator tells. */
function strayOf(replica: ReplicaProcess): readonly number[] {
  const all = group.replicas.flatMap((other) => other.events('clock-strays'));
  return all.filter((event) => event.process === replica.processId).map(({ offsetMs }) => offsetMs);
}

describe.each([
  ['ahead', 5 * HOUR_MS],
  ['behind', -5 * HOUR_MS],
])('three processes, one of which has a clock that is hours %s,', (_, shiftMs) => {
  it('keep decided time ascending and near the two others, whoever is killed, and name the clock that is off', async () => {
    await open(shiftMs);
    const wrong = group.replica(2);
    const decided = await times();
    await until(() => strayOf(wrong).length > 0);
    for (const offsetMs of strayOf(wrong)) expect(Math.abs(offsetMs - shiftMs)).toBeLessThan(NEAR_MS);
    // Each in turn: also the coordinator, whichever that is, and one of those that are right, so that one clock of two is off.
    for (const victim of group.replicas) {
      await victim.kill();
      decided.push(...(await times()));
      await victim.start();
      decided.push(...(await times()));
    }
    await Promise.all(group.replicas.map((replica) => replica.kill()));
    await group.start();
    decided.push(...(await times()));
    expectAscending(decided);
    expectNear(decided);
    expect(await group.violations()).toEqual([]);
  }, 180_000);
});
