import { describe, expect, it } from '@jest/globals';

import { batchId } from '../../lib/model/batch.js';
import { type Nonce, startNumber } from '../../lib/model/start.js';
import { ID_1, ID_2, ID_6, newNonce, started } from './starting-members.js';

describe('a message that is heard', () => {
  it('of a member is what the start says that has been met, and nothing before', () => {
    const group = started(3);
    const before = group.member(1).start;
    group.crash(1);
    group.begin(1);
    const { starts } = group.member(2);
    const now = group.member(1).start;
    expect(starts?.hears(ID_1, now)).toBe(false);
    group.settle();
    expect(starts?.hears(ID_1, now)).toBe(true);
    expect(starts?.hears(ID_1, before)).toBe(false);
  });

  it('of a member that has not been met makes it be asked, and then heard', () => {
    const group = started(3);
    group.crash(1);
    group.begin(1);
    group.letters = []; // Its question is lost.
    group.member(2).starts?.hears(ID_1, group.member(1).start);
    group.member(2).starts?.tick();
    group.settle();
    expect(group.member(2).starts?.hears(ID_1, group.member(1).start)).toBe(true);
  });

  it('of anybody who has no vote is everything', () => {
    expect(started(3).member(1).starts?.hears(ID_6, { incarnation: 7, nonce: newNonce() })).toBe(true);
  });

  it('of others counts from members alone: nobody else makes a start known, or a member forked', () => {
    const group = started(3);
    const { starts } = group.member(1);
    const unseen = { incarnation: 2, nonce: newNonce() };
    const peers = [ID_1, ID_2].map((process) => ({ process, starts: [unseen], isForked: true }));
    for (const kind of ['start', 'welcome'] as const)
      starts?.receive(
        ID_6,
        { incarnation: 1, nonce: newNonce() },
        { kind, to: group.member(1).start, isMet: true, former: [], peers },
      );
    group.settle();
    expect(group.member(1).hasLostVotes).toBe(false);
    expect(starts?.hears(ID_2, group.member(2).start)).toBe(true);
    starts?.receive(ID_2, group.member(2).start, { kind: 'start', former: [], peers });
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('under the own id from another start tells that the directory is in use twice; from a former start it is late', () => {
    const group = started(3);
    const former = group.member(1).start;
    group.crash(1);
    group.begin(1);
    group.settle();
    expect(group.member(1).starts?.hears(ID_1, former)).toBe(false);
    expect(group.member(1).hasLostVotes).toBe(false);
    group.member(1).starts?.hears(ID_1, { incarnation: 2, nonce: newNonce() });
    expect(group.member(1).hasLostVotes).toBe(true);
  });

  it('to be decided under the own id from a start that the directory has not seen tells the same', () => {
    const group = started(3);
    const { starts, start } = group.member(1);
    starts?.decided(batchId(ID_1, startNumber(start), 7));
    starts?.decided(batchId(ID_2, startNumber({ incarnation: 9, nonce: newNonce() }), 7));
    expect(group.member(1).hasLostVotes).toBe(false);
    starts?.decided(batchId(ID_1, startNumber({ ...start, nonce: 'e'.repeat(32) as Nonce }), 7));
    expect(group.member(1).hasLostVotes).toBe(true);
  });
});
