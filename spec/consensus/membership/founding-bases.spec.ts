import { describe, expect, it } from '@jest/globals';

import { NO_BALLOT } from '../../../lib/model/ballot.js';
import type { GroupBase } from '../../../lib/model/base.js';
import { NO_OP } from '../../../lib/model/batch.js';
import { after, type Instance } from '../../../lib/model/ids.js';
import { defaults } from '../../../lib/model/settings.js';
import { groupIdOf } from '../../../lib/model/view.js';
import { CoreGroup } from '../../support/core-group.js';
import { foundingOf } from '../../support/founding-of.js';
import { FOUNDED_TICKS } from './foundings.js';

const MONDAY: GroupBase = { from: 40 as Instance, digest: 'a'.repeat(32) };
const TUESDAY: GroupBase = { from: 40 as Instance, digest: 'b'.repeat(32) };

/** Gives a process that has not begun yet what a backup holds. */
function restore(group: CoreGroup, number: number, base: GroupBase): void {
  const p = group.process(number);
  p.disk.base = base;
  for (let instance = 0 as Instance; instance < base.from; instance = after(instance)) {
    p.disk.log.set(instance, { instance, promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch: NO_OP } });
  }
  p.disk.watermark = base.from;
  group.restart(number);
}

function restored(n: number, base: GroupBase, extra = 0): CoreGroup {
  const group = new CoreGroup(n, { extra });
  for (const p of group.processes.slice(0, n)) restore(group, p.number, base);
  return group;
}

describe('processes that begin from the same backup', () => {
  it.each([1, 2, 3, 5])('found a group, of %i, whose first instance is the first that the backup lacks', (n) => {
    const group = restored(n, MONDAY).found();
    const ids = group.processes.map(({ id }) => id);
    for (const { disk } of group.processes) {
      expect(disk.views.map(({ from }) => from)).toEqual([40]);
      expect(disk.group).toBe(groupIdOf(ids, 0, MONDAY));
    }
    const id = group.propose(1, 'after the backup');
    group.runUntil(() => group.everyoneHasDecided([id]));
    for (const p of group.processes)
      expect([...p.decided].find(([, decided]) => decided === id)?.[0]).toBeGreaterThanOrEqual(40);
  });

  it('found it after a restart between signing and holding too', () => {
    const group = restored(2, MONDAY);
    group.crashAt = (number, point) => point === 'before-votes' && group.process(number).disk.founding.signed !== null;
    group.runTicks(FOUNDED_TICKS);
    group.crashAt = () => false;
    group.restart(...group.processes.filter((p) => p.core === null).map((p) => p.number));
    group.found();
    expect(group.processes.map((p) => p.disk.founding.signed?.base)).toEqual([MONDAY, MONDAY]);
  });

  it('have a group of another name than the same processes without it', () => {
    const ids = restored(3, MONDAY).processes.map(({ id }) => id);
    const names = [groupIdOf(ids, 0), groupIdOf(ids, 0, MONDAY), groupIdOf(ids, 0, TUESDAY)];
    expect(new Set([...names, groupIdOf(ids, 0, { ...MONDAY, from: 41 as Instance })]).size).toBe(4);
  });

  it('tell a process that learns from them what was decided before they began', () => {
    const group = new CoreGroup(3, { extra: 1 });
    for (const number of [1, 2, 3]) restore(group, number, MONDAY);
    const observer = group.process(4);
    observer.crash();
    group.found();
    const id = group.propose(1, 'after the backup');
    group.runUntil(() => group.hasDecided(3, id));
    Object.assign(observer.options, { founds: false, observes: true });
    observer.start();
    group.runUntil(() => group.hasDecided(4, id));
    expect(observer.noticed('founded')).toMatchObject([{ part: 'observer' }]);
    expect(observer.disk.views.map(({ from }) => from)).toEqual([40]);
  });
});

describe('processes that begin from different backups', () => {
  it.each([
    ['another one', TUESDAY],
    ['none', null],
  ])('found nothing, and say so: one from %s', (_, other) => {
    const group = new CoreGroup(3);
    for (const number of [1, 2]) restore(group, number, MONDAY);
    if (other !== null) restore(group, 3, other);
    group.runTicks(100);
    expect(group.processes.map(({ disk }) => [disk.group, disk.founding.signed])).toEqual(Array(3).fill([null, null]));
    const base = other?.digest ?? '';
    expect(group.process(1).noticed('bases-differ')[0]).toEqual({
      kind: 'bases-differ',
      process: group.process(3).id,
      base,
      own: MONDAY.digest,
    });
    expect(group.process(3).noticed('bases-differ')[0]).toMatchObject({ base: MONDAY.digest, own: base });
  });

  it('sign no founding of each other', () => {
    const group = restored(2, MONDAY);
    const members = group.processes.map(({ id }) => id);
    const founding = foundingOf(members, 0, { base: TUESDAY });
    group.forge(1, 2, { kind: 'found', founding });
    expect(group.process(2).disk.founding.signed).toBeNull();
  });

  it.each([
    ['learns', true],
    ['would wait', false],
  ])('have no part in each other’s groups: one that %s says so', (_, learns) => {
    const group = new CoreGroup(2, { extra: 1 });
    for (const number of [1, 2]) restore(group, number, MONDAY);
    group.process(3).crash();
    group.found();
    Object.assign(group.process(3).options, { learns });
    restore(group, 3, TUESDAY);
    group.runTicks(2 * defaults.helloTicks);
    expect(group.process(3).disk.group).toBeNull();
    expect(group.process(3).noticed('bases-differ')[0]).toMatchObject({ base: MONDAY.digest, own: TUESDAY.digest });
    expect(group.process(1).noticed('bases-differ')).toEqual([]);
  });

  it('do not count those who have only come to join', () => {
    const group = new CoreGroup(2, { extra: 1 });
    group.process(3).crash();
    for (const number of [1, 2]) restore(group, number, MONDAY);
    Object.assign(group.process(3).options, { founds: false, observes: true });
    group.process(3).start();
    group.found();
    group.runTicks(FOUNDED_TICKS);
    expect(group.processes.map((p) => p.noticed('bases-differ').length)).toEqual([0, 0, 0]);
    expect(group.process(3).noticed('founded')).toMatchObject([{ part: 'observer' }]);
  });
});
