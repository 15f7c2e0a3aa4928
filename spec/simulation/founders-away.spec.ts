import { describe, expect, it } from '@jest/globals';

import { NO_BASE } from '../../lib/model/base.js';
import type { Founding } from '../../lib/model/records.js';
import type { Start } from '../../lib/model/start.js';
import { groupIdOf } from '../../lib/model/view.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import { lieTo } from '../../lib/simulation/lies.js';
import { Random } from '../../lib/simulation/random.js';
import type { Occasion } from '../../lib/simulation/trouble.js';
import { troubles } from '../../lib/simulation/troubles.js';
import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { ANNA, BERT } from '../support/ids.js';
import { comeUp, type Process, worldOf } from './world-subjects.js';

const START = { incarnation: 1, nonce: '0'.repeat(32) } as Start;

const HELLO: WireMessage = { kind: 'hello', replicas: 2, intent: 'found', base: '', borderInstances: 64 };

describe('an intruder', () => {
  it('answers a founder with the founding that it has heard of, as if it proposed it, and with nothing before', () => {
    const members = [ANNA, BERT];
    const founding: Founding = {
      ...{ attempt: 0, members, base: NO_BASE, borderInstances: 64 },
      group: groupIdOf(members, 0),
    };
    expect(lieTo(HELLO, START, founding, new Random(1))).toEqual({ kind: 'found', founding });
    expect(lieTo(HELLO, START, null, new Random(1))).toBeNull();
  });
});

describe('the trouble "founders away"', () => {
  function befall(world: World<Journal>, victim: Process): (() => void) | null | undefined {
    const occasion: Occasion<Journal> = {
      ...{ world, victim, random: new Random(1), lastsUs: 1 },
      mayLose: () => false,
    };
    return troubles['founders away'](occasion);
  }

  function fiveFounders(): { world: World<Journal>; lowest: Process; others: Process[] } {
    const world = worldOf({ replicas: 5 });
    const [lowest, ...others] = world.processes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return { world, lowest: lowest!, others };
  }

  it('befalls up to two founders, and not the one that proposes', () => {
    const { world, lowest, others } = fiveFounders();
    for (const process of world.processes) process.start();
    expect(befall(world, lowest)).toBeUndefined();
    const [first, second, third] = others as [Process, Process, Process, Process];
    const comesBack = befall(world, first);
    expect(befall(world, second)).toEqual(expect.any(Function));
    expect(befall(world, third)).toBeUndefined();
    expect([first, second, third].map(({ life }) => life === null)).toEqual([true, true, false]);
    comesBack!();
    expect(first.life).not.toBeNull();
    expect(befall(world, third)).toEqual(expect.any(Function));
  });

  it('befalls nobody before all founders have been started, and nobody once one has signed', async () => {
    const { world, lowest, others } = fiveFounders();
    const [first, ...rest] = others as [Process, Process, Process, Process];
    for (const process of [lowest, first]) process.start();
    expect(befall(world, first)).toBeUndefined();
    for (const process of rest) process.start();
    await world.until(() => world.watch.diskOf(lowest).signed !== '', 5e6);
    expect(world.watch.diskOf(first).signed).toBe('');
    expect(befall(world, first)).toBeUndefined();
    await comeUp(world, ...world.processes);
    expect(befall(world, first)).toBeUndefined();
  });
});
