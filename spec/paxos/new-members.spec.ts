import { describe, expect, it } from '@jest/globals';

import { View } from '../../lib/model/view.js';
import { idOf } from '../support/ids.js';
import { Members } from './starting-members.js';

const [P1, P2, P3, P4] = [idOf(1), idOf(2), idOf(3), idOf(4)];

describe('a process that becomes a member', () => {
  it('is not admitted by welcomes of members that knew it as none, and wrote nothing down', () => {
    const group = new Members(4, [P1, P2, P3]);
    group.begin(1, 2, 3, 4);
    group.settle();
    expect(group.member(4).isAdmitted).toBe(false);
    group.knows(4, new View(1, [P1, P2, P3, P4]));
    group.runTicks(1_000);
    expect(group.member(4).isAdmitted).toBe(false);
    for (const number of [1, 2]) group.knows(number, new View(1, [P1, P2, P3, P4]));
    group.runTicks(1_000);
    expect(group.member(4).isAdmitted).toBe(true);
    for (const number of [1, 2])
      expect(group.member(number).directory.peers.map(({ process }) => process)).toContain(P4);
  });

  it('and was one before is met anew', () => {
    const group = new Members(4);
    group.begin(1, 2, 3, 4);
    group.settle();
    const member = group.member(4);
    expect(member.isAdmitted).toBe(true);
    for (const number of [1, 2, 3, 4]) group.knows(number, new View(1, [P1, P2, P3]));
    member.isAdmitted = false; // As the core has it from the moment at which it is a member anew.
    group.crash(1, 2, 3);
    group.knows(4, new View(2, [P1, P2, P3, P4]));
    group.runTicks(1_000);
    expect(member.isAdmitted).toBe(false);
    group.begin(1, 2, 3);
    for (const number of [1, 2, 3]) group.knows(number, new View(2, [P1, P2, P3, P4]));
    group.runTicks(1_000);
    expect(member.isAdmitted).toBe(true);
  });
});

describe('a member of the view before, while another governs what comes later', () => {
  it('is admitted after a start by those of its own view', () => {
    const group = new Members(4, [P1, P2, P3]);
    group.begin(1, 2, 3, 4);
    group.settle();
    const [before, after] = [new View(0, [P1, P2, P3]), new View(1, [P2, P3, P4])];
    for (const number of [1, 2, 3, 4]) group.knows(number, before, after);
    group.crash(1);
    group.begin(1);
    group.knows(1, before, after);
    group.runTicks(1_000);
    expect(group.member(1).isAdmitted).toBe(true);
  });

  it('is found out where its directory was put back: the others have not forgotten its starts', () => {
    const group = new Members(4, [P1, P2, P3]);
    group.begin(1, 2, 3, 4);
    group.settle();
    const early = group.member(1).directory;
    group.crash(1);
    group.begin(1);
    group.settle();
    const [before, after] = [new View(0, [P1, P2, P3]), new View(1, [P2, P3, P4])];
    for (const number of [1, 2, 3, 4]) group.knows(number, before, after);
    group.runTicks(1_000);
    group.crash(1);
    group.member(1).directory = early;
    group.begin(1);
    group.knows(1, before, after);
    group.runTicks(1_000);
    expect([group.member(1).hasLostVotes, group.member(1).isAdmitted]).toEqual([true, false]);
  });
});
