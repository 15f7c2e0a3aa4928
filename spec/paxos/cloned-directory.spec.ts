import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { loggedLines } from '../support/logged-lines.js';
import { ID_1, Member, type Members, started } from './starting-members.js';

/** Member 1 is down, and its directory is copied: another process that has the copy. */
function copied(group: Members): Member {
  group.crash(1);
  const { id, views, directory } = group.member(1);
  const copy = new Member(id, group, views);
  copy.directory = directory;
  group.members.push(copy);
  return copy;
}

describe('a member of which two starts know nothing of each other', () => {
  it('is named by each of the others, once, with the starts that know nothing of each other and where they are heard', () => {
    const group = started(3);
    const original = group.member(1);
    const copy = copied(group);
    group.begin(1);
    group.settle();
    expect(group.member(2).told).toEqual([]);
    copy.begin();
    group.settle();
    group.runTicks(200);
    const starts = [original.start, copy.start].map((start) => {
      return { incarnation: 2, nonce: start.nonce.slice(0, 8), address: group.addressOf(start) };
    });
    for (const other of [2, 3]) expect(group.member(other).told).toEqual([{ kind: 'cloned', process: ID_1, starts }]);
  });

  it('is named by those who have heard only one of the two, once that has heard the other', () => {
    const group = started(3);
    const original = group.member(1);
    const copy = copied(group);
    group.begin(1);
    group.settle();
    copy.begin();
    // What the copy says reaches nobody but the original, which says so and stops.
    for (const { message } of group.letters.splice(0)) original.starts?.receive(copy.id, copy.start, message);
    expect(original.hasLostVotes).toBe(true);
    group.settle();
    const starts = [original.start, copy.start].map((start) => ({
      ...{ incarnation: 2, nonce: start.nonce.slice(0, 8) },
      address: start === original.start ? group.addressOf(start) : null,
    }));
    for (const other of [2, 3]) expect(group.member(other).told).toEqual([{ kind: 'cloned', process: ID_1, starts }]);
    expect(copy.hasLostVotes).toBe(true);
  });

  it('is named again after a restart, though nobody is heard of it', () => {
    const group = started(3);
    const copy = copied(group);
    group.begin(1);
    group.settle();
    copy.begin();
    group.settle();
    copy.crash();
    group.crash(1, 2);
    group.begin(2);
    group.settle();
    const unheard = { incarnation: 2, address: null };
    expect(group.member(2).told).toMatchObject([{ process: ID_1, starts: [unheard, unheard] }]);
  });

  it('is named also by a member that has it from another', () => {
    const group = started(3);
    const copy = copied(group);
    group.crash(3);
    group.begin(1);
    group.settle();
    copy.begin();
    group.settle();
    copy.crash();
    group.crash(1);
    group.begin(3);
    group.settle();
    // It knows of the start before as well, and has heard none of the others.
    const starts = [1, 2, 2].map((incarnation) => ({ incarnation, address: null }));
    expect(group.member(3).told).toMatchObject([{ process: ID_1, starts }]);
  });

  it('is not named while it is started again and again from the one directory', () => {
    const group = started(3);
    for (let start = 0; start < 20; start += 1) {
      group.crash(1);
      group.begin(1);
      group.settle();
    }
    expect(group.member(2).told).toEqual([]);
  });

  it('votes in one process at most, in whatever order everything that is said arrives', () => {
    fc.assert(
      fc.property(fc.constantFrom(3, 4, 5), fc.array(fc.nat(), { maxLength: 60 }), (n, order) => {
        const group = started(n);
        const original = group.member(1);
        const copy = copied(group);
        original.begin();
        copy.begin();
        for (const pick of order) group.settleOne(pick);
        group.settle();
        group.runTicks(200);
        expect([original, copy].filter(({ isAdmitted }) => isAdmitted).length).toBeLessThanOrEqual(1);
        expect([original, copy]).toMatchObject([{ hasLostVotes: true }, { hasLostVotes: true }]);
        for (const other of group.members.slice(1, n)) expect(other.told).toHaveLength(1);
      }),
    );
  });
});

it('the log says what it means that a directory was copied, and what to do', () => {
  const [line] = loggedLines([{ kind: 'cloned', process: ID_1, starts: [] }]);
  expect(line).toMatchObject({ level: 'warn', text: expect.stringContaining(`the directory of process ${ID_1}`) });
  expect(line?.text).toMatch(/copied or put back.* its votes count no more.* Stop .* recover: true/);
});
