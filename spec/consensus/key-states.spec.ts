import { describe, expect, it } from '@jest/globals';

import { FIRST_KEY_STATE, type KeyState } from '../../lib/model/keys.js';
import { MODES } from '../../lib/paxos/options.js';
import { CoreGroup } from '../support/core-group.js';

function known(group: CoreGroup, number: number): KeyState | null {
  const { core } = group.process(number);
  return core === null ? null : stateOf([core.keys.latest]);
}

function allKnow(group: CoreGroup, state: KeyState, numbers = [1, 2, 3]): boolean {
  return numbers.every((number) => JSON.stringify(known(group, number)) === JSON.stringify(state));
}

const USED: KeyState = { number: 1, sendingId: 2, removedUpTo: 0 };
const REMOVED: KeyState = { number: 2, sendingId: 2, removedUpTo: 1 };

describe.each(MODES as ('fast' | 'classic' | 'adaptive')[])('the keys of a group, in a %s reign,', (mode) => {
  it('are changed at every process, and durable with the decision', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.changeKeys(2, { action: 'use', id: 2 });
    group.runUntil(() => allKnow(group, USED));
    group.changeKeys(3, { action: 'remove', id: 1 });
    group.runUntil(() => allKnow(group, REMOVED));
    const { keys, watermark } = group.process(1).disk;
    for (const { decidedAt } of keys) expect(decidedAt).toBeLessThan(watermark);
    group.crash(1, 2, 3);
    group.restart(1, 2, 3);
    for (const number of [1, 2, 3]) expect(known(group, number)).toEqual(stateOf(group.process(number).disk.keys));
    group.propose(1, 'a');
    group.runUntil(() => allKnow(group, REMOVED));
  });

  it('are changed by one of two that follow the same state', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.changeKeys(1, { action: 'use', id: 2 });
    group.changeKeys(3, { action: 'use', id: 3 });
    group.runUntil(() => [1, 2, 3].every((number) => known(group, number)?.number === 1));
    group.changeKeys(1, { action: 'use', id: 9, follows: 0 }, 1);
    group.propose(1, 'a');
    group.runUntil(() => group.delivered(3).includes('a'));
    const [one, ...others] = [1, 2, 3].map((number) => known(group, number));
    expect([2, 3]).toContain(one?.sendingId);
    for (const other of others) expect(other).toEqual(one);
  });

  it('are learnt by a process that was away, from the log or with a checkpoint', () => {
    for (const cuts of [false, true]) {
      const group = new CoreGroup(3, { mode }).found();
      group.crash(3);
      group.changeKeys(1, { action: 'use', id: 2 });
      group.runUntil(() => allKnow(group, USED, [1, 2]));
      group.propose(1, 'a');
      group.runUntil(() => group.delivered(2).includes('a'));
      if (cuts) group.cut(1, 2);
      group.changeKeys(2, { action: 'remove', id: 1 });
      group.runUntil(() => allKnow(group, REMOVED, [1, 2]));
      group.restart(3);
      group.runUntil(() => allKnow(group, REMOVED));
      expect(group.process(3).core?.keys.decidedBelow(group.process(3).core!.watermark)).toHaveLength(2);
    }
  });
});

it('the keys of a group that was restored from a backup are not those of the former one, also where a newcomer gets its log', () => {
  const former = new CoreGroup(3, { mode: 'classic' }).found();
  former.changeKeys(2, { action: 'use', id: 2 });
  former.runUntil(() => allKnow(former, USED));
  const { watermark } = former.process(1).core!;
  const past = [...former.process(1).disk.log.values()].filter(({ instance }) => instance < watermark);
  const group = new CoreGroup(3, { mode: 'classic' });
  for (const { vote } of past) group.checker.proposed(vote!.batch);
  for (const { disk } of group.processes)
    disk.apply([
      ...past.map((entry) => ({ kind: 'entry', entry }) as const),
      { kind: 'watermark', watermark },
      { kind: 'base', base: { from: watermark, digest: 'd'.repeat(32) } },
    ]);
  group.crash(1, 2, 3);
  group.restart(1, 2, 3);
  group.runUntil(() => group.coordinator !== null);
  const newcomer = group.join();
  const id = group.propose(1, 'a');
  group.runUntil(() => group.everyoneHasDecided([id]));
  expect(group.process(newcomer).decided.size).toBe(watermark + 1);
  const none = stateOf([FIRST_KEY_STATE]);
  expect([1, 2, 3, newcomer].map((number) => known(group, number))).toEqual([none, none, none, none]);
  group.changeKeys(newcomer, { action: 'use', id: 3 });
  group.runUntil(() => allKnow(group, { ...USED, sendingId: 3 }, [1, 2, 3, newcomer]));
});

function stateOf(keys: readonly KeyState[]): KeyState {
  const { number, sendingId, removedUpTo } = keys.at(-1) ?? FIRST_KEY_STATE;
  return { number, sendingId, removedUpTo };
}
