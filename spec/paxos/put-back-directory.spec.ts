import { describe, expect, it } from '@jest/globals';

import { defaults } from '../../lib/model/settings.js';
import type { Member, Members } from './starting-members.js';
import { started } from './starting-members.js';

describe('a directory that was put back', () => {
  /** Member 1 has gone on for so many starts since its directory was copied; now it is started from the copy. */
  function putBack(group: Members, startsSince = 1): Member {
    const victim = group.member(1);
    const copy = victim.directory;
    for (let start = 0; start < startsSince; start += 1) {
      group.crash(1);
      group.begin(1);
      group.runTicks(defaults.startTicks + 2);
    }
    group.crash(1);
    victim.directory = copy;
    return victim;
  }

  it.each([1, 2, 5])('is found before it may vote, %i starts later', (startsSince) => {
    const group = started(3);
    const victim = putBack(group, startsSince);
    group.begin(1);
    group.runTicks(200);
    expect(victim).toMatchObject({ hasLostVotes: true, isAdmitted: false });
    expect(victim.directory.hasLostVotes).toBe(true);
  });

  it('is found by one member that knows, whoever else answers first', () => {
    const group = started(5);
    group.crash(2, 3);
    putBack(group);
    group.crash(4);
    group.begin(2, 3);
    group.settle();
    // 5 is the only one that has met the start which is forgotten; 2 and 3 have asked it.
    group.begin(1);
    group.settle();
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('is found by those whom somebody that knew has told, when that one is gone', () => {
    const group = started(5);
    group.crash(2, 3);
    putBack(group);
    group.begin(2, 3);
    group.settle();
    group.crash(4, 5);
    group.begin(1);
    group.runTicks(defaults.startTicks + 2);
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('does not pass by being started so often that its incarnation is the higher one', () => {
    const group = started(3);
    putBack(group, 2);
    for (let start = 0; start < 5; start += 1) {
      group.begin(1);
      group.letters = []; // Nobody hears of it.
      group.crash(1);
    }
    group.begin(1);
    group.runTicks(200);
    expect(group.member(1)).toMatchObject({ hasLostVotes: true, isAdmitted: false });
  });

  it('is one half of a fork: what either start says is heard by nobody any more', () => {
    const group = started(3);
    const victim = group.member(1);
    const good = victim.start;
    const copy = { ...victim.directory, own: victim.directory.own.slice(0, -1) };
    victim.directory = copy;
    group.begin(1);
    const bad = victim.start;
    expect(bad.incarnation).toBe(good.incarnation);
    group.settle();
    const { starts } = group.member(2);
    expect(starts?.hears(victim.id, good)).toBe(false);
    expect(starts?.hears(victim.id, bad)).toBe(false);
    // Nor after a restart.
    group.crash(2);
    group.begin(2);
    group.settle();
    expect(group.member(2).starts?.hears(victim.id, good)).toBe(false);
  });
});
