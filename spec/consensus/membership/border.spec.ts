import { describe, expect, it } from '@jest/globals';

import { Views } from '../../../lib/consensus/membership/views.js';
import { NO_BASE } from '../../../lib/model/base.js';
import { constants } from '../../../lib/model/constants.js';
import { defaults } from '../../../lib/model/settings.js';
import { groupIdOf } from '../../../lib/model/view.js';
import { CoreGroup } from '../../support/core-group.js';
import { foundingOf } from '../../support/founding-of.js';

describe('the border of a group, α,', () => {
  it('is at least the window, so that nobody votes in a view that does not govern', () => {
    expect(defaults.windowInstances).toBeLessThanOrEqual(constants.borderInstances);
  });

  it('is part of what the group is named by', () => {
    const members = new CoreGroup(3).processes.map(({ id }) => id);
    const names = [512, 513, 1024].map((border) => groupIdOf(members, 0, NO_BASE, border));
    expect(new Set([...names, groupIdOf(members, 512, NO_BASE, 513)]).size).toBe(4);
  });

  it('is what all founders name, and stays what it was at the founding', () => {
    const border = constants.borderInstances + 100;
    const group = new CoreGroup(3, { borderOf: () => border }).found();
    for (const { id, disk } of group.processes) {
      expect([disk.borderInstances, disk.founding.signed?.borderInstances]).toEqual([border, border]);
      const past = disk.snapshot(id);
      expect(new Views(past, { first: past.watermark }).borderInstances).toBe(border);
    }
    const ids = group.processes.map(({ id }) => id);
    expect(group.process(1).disk.group).toBe(groupIdOf(ids, 0, NO_BASE, border));
  });

  it('that founders disagree on keeps them from founding, and each names the other', () => {
    const group = new CoreGroup(3, { borderOf: (process) => (process === 2 ? 600 : constants.borderInstances) });
    group.runTicks(100);
    expect(group.processes.map(({ disk }) => disk.group)).toEqual([null, null, null]);
    const [first, second] = [group.process(1), group.process(2)];
    const own = constants.borderInstances;
    expect(first.noticed('borders-differ')[0]).toMatchObject({ process: second.id, borderInstances: 600, own });
    expect(second.noticed('borders-differ')).toContainEqual(
      expect.objectContaining({ process: first.id, borderInstances: own, own: 600 }),
    );
  });

  it('that is not its own is signed by nobody', () => {
    const group = new CoreGroup(2);
    const members = group.processes.map(({ id }) => id);
    const founding = foundingOf(members, 0, { borderInstances: constants.borderInstances + 1 });
    group.forge(1, 2, { kind: 'found', founding });
    expect(group.process(2).disk.founding.signed).toBeNull();
  });

  it.each([
    ['as small as its window is followed by an observer', defaults.windowInstances, false],
    ['smaller than its window is not', defaults.windowInstances - 1, true],
  ])('%s', (_, border, isRefused) => {
    const group = new CoreGroup(3, { borderOf: () => border }).found();
    const joiner = group.process(group.join());
    group.runTicks(100);
    expect(joiner.disk.group === null).toBe(isRefused);
    expect(joiner.noticed('borders-differ').length > 0).toBe(isRefused);
    if (isRefused)
      expect(joiner.noticed('borders-differ')[0]).toMatchObject({
        borderInstances: border,
        own: defaults.windowInstances,
      });
  });
});
