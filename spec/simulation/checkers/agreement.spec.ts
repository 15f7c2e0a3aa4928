import { describe, expect, it } from '@jest/globals';

import { NO_BALLOT } from '../../../lib/model/ballot.js';
import { NO_OP } from '../../../lib/model/batch.js';
import { agreementOf, classic, fast, found, noVote, repair, vote, watermark, X, Y, Z } from './subjects.js';

describe('agreement', () => {
  it('a majority chooses in a classic ballot', () => {
    const { agreement, commit } = agreementOf(4);
    commit(0, vote(0, classic(1), X));
    commit(1, vote(0, classic(1), X));
    expect(agreement.chosenAt(0)).toBeUndefined();
    commit(2, vote(0, classic(1), X));
    expect(agreement.chosenAt(0)).toBe(X.id);
    expect(found).toEqual([]);
  });

  it('three quarters choose in a fast ballot', () => {
    const { agreement, commit } = agreementOf(5);
    for (const member of [0, 1, 2]) commit(member, vote(0, fast(1), X));
    expect(agreement.chosenAt(0)).toBeUndefined();
    commit(3, vote(0, fast(1), X));
    expect(agreement.chosenAt(0)).toBe(X.id);
  });

  it('a process that votes twice counts once', () => {
    const { agreement, commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X));
    commit(0, vote(0, classic(1), X));
    expect(agreement.chosenAt(0)).toBeUndefined();
  });

  it('votes in different ballots, for different batches and at different instances are not added', () => {
    const { agreement, commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X), vote(1, classic(1), Y));
    commit(1, vote(0, classic(2), X), vote(1, classic(1), Z));
    commit(2, vote(0, fast(1), X), vote(2, classic(1), Y));
    expect([0, 1, 2].map((instance) => agreement.chosenAt(instance))).toEqual([undefined, undefined, undefined]);
  });

  it('the front is the first instance that nothing has been chosen at', () => {
    const { agreement, commit } = agreementOf(1);
    commit(0, vote(1, classic(1), Y));
    expect(agreement.front).toBe(0);
    commit(0, vote(0, classic(1), NO_OP));
    expect(agreement.front).toBe(2);
  });

  it('a batch may be chosen again, in a later ballot and at another instance', () => {
    const { commit } = agreementOf(1);
    commit(0, vote(0, classic(1), X));
    commit(0, vote(0, classic(2), X), vote(1, classic(2), X));
    expect(found).toEqual([]);
  });

  it('two batches are never chosen at one instance', () => {
    const { commit } = agreementOf(3);
    for (const member of [0, 1]) commit(member, vote(7, classic(1), X));
    for (const member of [1, 2]) commit(member, vote(7, classic(2), Y));
    expect(found).toEqual([`at 7 both ${X.id} and, in 2.aaaaaa.classic, ${Y.id} are chosen`]);
  });

  it('a batch that was chosen may be taken for decided, whichever members voted for it', () => {
    const { commit } = agreementOf(3);
    for (const member of [0, 1]) commit(member, vote(0, fast(1), X), vote(0, classic(1), X));
    commit(2, vote(0, NO_BALLOT, X), watermark(1));
    expect(found).toEqual([]);
  });

  it('a batch that has not been chosen is not taken for decided', () => {
    const { commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X), watermark(1));
    expect(found).toEqual([
      `p1 takes ${X.id} for decided at 0, where nothing has been chosen`,
      'p1 takes everything below 1 for decided, and at 0 nothing is',
    ]);
  });

  it('nothing is taken for decided in place of what was chosen', () => {
    const { commit } = agreementOf(3);
    for (const member of [0, 1]) commit(member, vote(0, classic(1), X));
    commit(2, vote(0, NO_BALLOT, NO_OP), watermark(1));
    expect(found).toEqual([`p3 takes the no-op for decided at 0, where ${X.id} has been chosen`]);
  });

  it('an instance that is taken for decided holds a batch', () => {
    const { commit } = agreementOf(3);
    commit(0, noVote(0, classic(1)), watermark(1));
    expect(found[0]).toBe('p1 holds nothing at 0, which it takes for decided');
  });

  it('a watermark does not pass what has not been chosen, whatever the disk holds', () => {
    const { commit } = agreementOf(1);
    commit(0, vote(0, classic(1), X));
    commit(0, watermark(2));
    expect(found).toEqual(['p1 takes everything below 2 for decided, and at 1 nothing is']);
  });

  it('the batch that is repaired is the one that was chosen', () => {
    const { commit } = agreementOf(1);
    commit(0, vote(0, classic(1), X));
    commit(0, watermark(1));
    commit(0, repair(0, X));
    expect(found).toEqual([]);
    commit(0, repair(0, Y));
    expect(found).toEqual([`p1 takes ${Y.id} for decided at 0, where ${X.id} has been chosen`]);
  });

  it('a batch is the same everywhere', () => {
    const { commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X));
    commit(1, vote(0, classic(1), { id: X.id, body: Buffer.from('something else') }));
    expect(found).toEqual([`${X.id} is two different batches`]);
  });

  it('a commit may hold a vote and, behind it, the decision that it is part of', () => {
    const { agreement, commit } = agreementOf(1);
    commit(0, vote(0, classic(1), X), vote(0, classic(1), X), watermark(1));
    expect(agreement.chosenAt(0)).toBe(X.id);
    expect(found).toEqual([]);
  });

  it('a body is known wherever it was stored, also where a vote is stored without it elsewhere', () => {
    const { agreement, commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X));
    commit(1, vote(4, classic(1), { id: X.id, body: Buffer.alloc(0) }));
    expect(agreement.bodyOf(X.id)).toBe(X.body);
    expect(agreement.bodyOf(Y.id)).toBeUndefined();
  });
});
