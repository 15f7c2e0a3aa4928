import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../../lib/consensus/mode.js';
import type { BatchId } from '../../../lib/model/batch.js';
import { CoreGroup } from '../../support/core-group.js';
import { idOf } from '../../support/ids.js';

const MODES = ['classic', 'fast', 'adaptive'] as const;
const BORDER = 8;

/** A group of three, and processes that observe it. */
function groupOf(mode: Mode, observers = 0, seed = 1): CoreGroup {
  const group = new CoreGroup(3, { mode, seed, borderOf: () => BORDER, windowOf: () => BORDER }).found();
  for (let i = 0; i < observers; i += 1) group.join();
  const id = group.propose(1, 'before');
  group.runUntil(() => group.everyoneHasDecided([id]));
  return group;
}

function membersAt(group: CoreGroup, process: number): readonly string[] | undefined {
  return group.process(process).core?.views.latest.members;
}

function idsOf(...numbers: readonly number[]): string[] {
  return numbers.map((number) => idOf(number));
}

/** Runs until these processes are the members of the view in force at each of them, and one of them coordinates. */
function untilInForce(group: CoreGroup, ...members: readonly number[]): void {
  const expected = idsOf(...members).join();
  group.runUntil(
    () =>
      members.every((member) => group.process(member).core?.views.current.members.join() === expected) &&
      members.some((member) => group.process(member).core?.reign?.reign !== undefined),
  );
}

describe.each(MODES)('a view that changes (%s)', (mode) => {
  it.each([
    ['one is added', [1, 2, 3, 4]],
    ['two are added', [1, 2, 3, 4, 5]],
    ['one is removed', [2, 3]],
    ['one is replaced', [1, 2, 4]],
    ['the coordinator is replaced', [2, 3, 4]],
    ['all are replaced', [4, 5, 6]],
    ['all but one are removed', [3]],
  ])('is that of the members who are named, and goes on without the others: %s', (_, members) => {
    const group = groupOf(mode, 3);
    group.changeView(2, members);
    group.runUntil(() => group.live.every(({ core }) => core?.views.latest.number === 1));
    for (const { number } of group.live) expect(membersAt(group, number)).toEqual(idsOf(...members));
    untilInForce(group, ...members);
    group.runUntil(() => members.every((member) => group.process(member).noticed('view-complete').length > 0));
    const gone = group.live.map(({ number }) => number).filter((number) => !members.includes(number));
    group.crash(...gone);
    const after = members.map((member) => group.propose(member, `of ${member}`));
    group.runUntil(() => group.everyoneHasDecided(after));
    group.read(members[0]!, 1);
    group.runUntil(() => group.process(members[0]!).readable.length > 0);
  });

  it('takes effect by itself in an idle group', () => {
    const group = groupOf(mode, 1);
    group.changeView(1, [1, 2, 3, 4]);
    untilInForce(group, 1, 2, 3, 4);
  });

  it('is known after a restart: the ledger has the views decided below its watermark', () => {
    const group = groupOf(mode, 1);
    group.changeView(1, [1, 2, 4]);
    untilInForce(group, 1, 2, 4);
    group.crash(1, 2, 3, 4);
    group.restart(1, 2, 4);
    const id = group.propose(4, 'after');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('of rivals that follow one view the first holds, and the other is void everywhere', () => {
    const group = groupOf(mode, 2);
    group.changeView(1, [1, 2, 4]);
    group.changeView(2, [1, 2, 5]);
    group.runUntil(() => group.live.every((p) => p.noticed('view-void').length > 0));
    const latest = membersAt(group, 1);
    expect([idsOf(1, 2, 4), idsOf(1, 2, 5)]).toContainEqual(latest);
    for (const { number } of group.live) expect(membersAt(group, number)).toEqual(latest);
    for (const p of group.live) expect(p.noticed('view-void')).toHaveLength(1);
  });

  it('goes on from a member to the next until none of the first is left, while operations are proposed', () => {
    const group = groupOf(mode, 3);
    const ids: BatchId[] = [];
    for (const [i, members] of [
      [2, 3, 4],
      [3, 4, 5],
      [4, 5, 6],
    ].entries()) {
      const before = group.process(members[0]!);
      ids.push(group.propose(members[0]!, `before ${i}`));
      group.changeView(members[2]!, members);
      ids.push(group.propose(members[1]!, `meanwhile ${i}`));
      untilInForce(group, ...members);
      group.crash(i + 1);
      ids.push(group.propose(members[2]!, `after ${i}`));
      group.runUntil(() => group.everyoneHasDecided(ids));
      expect(before.noticed('view').length).toBeGreaterThan(i);
    }
  });
});
