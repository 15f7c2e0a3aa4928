import { describe, expect, it } from '@jest/globals';

import { defaults } from '../../lib/model/settings.js';
import { incarnationOf, type Nonce, startNumber } from '../../lib/model/start.js';
import { ID_1, ID_2, ID_6, type Letter, Member, Members, started } from './starting-members.js';

describe('a start is admitted', () => {
  it.each([1, 2, 3, 5])('in one round where all %i are there', (n) => {
    expect(started(n).admitted).toHaveLength(n);
  });

  it('after a group that was all down comes up, and again', () => {
    const group = started(5);
    for (let time = 0; time < 3; time += 1) {
      group.crash(1, 2, 3, 4, 5);
      group.begin(5, 3, 1, 2, 4);
      group.settle();
      expect(group.admitted).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it('with a quorum alone, once the others have had their time', () => {
    const group = started(5);
    group.crash(1, 4, 5);
    group.begin(1);
    group.settle();
    expect(group.admitted).toEqual([2, 3]);
    group.runTicks(defaults.startTicks + 2);
    expect(group.admitted).toEqual([1, 2, 3]);
  });

  it('never without one', () => {
    const group = started(5);
    group.crash(1, 3, 4, 5);
    group.begin(1);
    group.runTicks(1_000);
    expect(group.admitted).toEqual([2]);
    group.begin(3);
    group.runTicks(defaults.retryTicksMax + defaults.startTicks + 2);
    expect(group.admitted).toEqual([1, 2, 3]);
  });
});

describe('those who are not admitted ask each other no faster than they wait,', () => {
  it('members whose disks are slow', () => {
    const group = new Members(3);
    for (const member of group.members) member.hasSlowDisk = true;
    group.begin(1, 2, 3);
    group.settle();
    expect(group.admitted).toEqual([]);
  });

  it('processes without a vote', () => {
    const group = started(1);
    const { views } = group.member(1);
    group.members.push(new Member(ID_2, group, views), new Member(ID_6, group, views));
    group.begin(2, 3);
    group.settle();
    expect(group.admitted).toEqual([1]);
  });
});

describe('a message about starts', () => {
  /** Three members that know each other, and what the first says to the second from now on. */
  function acquainted(): { readonly group: Members; readonly say: (kind: 'start' | 'welcome') => Letter[] } {
    const group = started(3);
    const { start: from } = group.member(1);
    const say = (kind: 'start' | 'welcome'): Letter[] => {
      const { starts, start: to } = group.member(2);
      starts?.receive(ID_1, from, { kind, to, isMet: true, former: [], peers: [] });
      return group.letters;
    };
    return { group, say };
  }

  it.each(['start', 'welcome'] as const)('of the kind "%s" that tells nothing new writes nothing', (kind) => {
    const { group, say } = acquainted();
    const { writes } = group.member(2);
    say(kind);
    expect(group.member(2).writes).toBe(writes);
  });

  it('that asks again is answered at once', () => {
    const { group, say } = acquainted();
    group.member(2).hasSlowDisk = true;
    expect(say('start')).toMatchObject([{ to: ID_1, message: { kind: 'welcome' } }]);
  });

  it('that asks again while the meeting is being written is not answered before it is durable', () => {
    const { group } = acquainted();
    group.member(2).hasSlowDisk = true;
    group.crash(1);
    group.begin(1);
    group.letters = [];
    const { start } = group.member(1);
    for (let time = 0; time < 2; time += 1)
      group.member(2).starts?.receive(ID_1, start, { kind: 'start', former: [], peers: [] });
    expect(group.letters).toEqual([]);
  });
});

describe('the number of a start', () => {
  it('rises with the incarnation whatever the nonces, is safe, and differs where nonces do', () => {
    const low = '0'.repeat(32) as Nonce;
    const high = 'f'.repeat(32) as Nonce;
    expect(startNumber({ incarnation: 7, nonce: high })).toBeLessThan(startNumber({ incarnation: 8, nonce: low }));
    expect(startNumber({ incarnation: 7, nonce: high })).not.toBe(startNumber({ incarnation: 7, nonce: low }));
    const last = startNumber({ incarnation: 2_000_000, nonce: high });
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(incarnationOf(last)).toBe(2_000_000);
  });
});
