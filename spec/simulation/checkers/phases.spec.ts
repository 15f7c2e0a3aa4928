import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Message } from '../../../lib/consensus/messages.js';
import type { Ballot } from '../../../lib/model/ballot.js';
import type { Batch } from '../../../lib/model/batch.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import { Agreement } from '../../../lib/simulation/checkers/agreement.js';
import { Monotonicity } from '../../../lib/simulation/checkers/monotonicity.js';
import { Phases } from '../../../lib/simulation/checkers/phases.js';
import { at, B, classic, fast, found, noVote, promise, report, vote, X, Y } from './subjects.js';

describe('phases', () => {
  let disks: Monotonicity;
  let agreement: Agreement;
  let phases: Phases;

  /** A group of n, whose members have started. */
  const group = (n: number): void => {
    disks = new Monotonicity(report);
    agreement = new Agreement(n, report);
    phases = new Phases(disks, agreement, report);
    for (let member = 1; member <= n; member += 1) write(member);
  };
  const write = (member: number, ...records: LedgerRecord[]): void => {
    disks.diskOf(`p${member}`);
    disks.durable(`p${member}`, records);
    agreement.durable(`p${member}`, records);
  };
  const accept = (ballot: Ballot, { id }: Batch): Message => ({
    kind: 'accept',
    ballot,
    items: [{ instance: at(0), id }],
  });

  beforeEach(() => group(3));

  it('a coordinator that a majority has promised its ballot may propose what nobody has voted for', () => {
    for (const member of [1, 2]) write(member, promise(classic(1)));
    phases.says('p1', accept(classic(1), X));
    expect(found).toEqual([]);
  });

  it('a promise of a higher ballot serves, and one of a lower ballot does not', () => {
    write(1, promise(classic(2)));
    write(2, promise(classic(3)));
    phases.says('p1', accept(classic(2), X));
    expect(found).toEqual([]);
    phases.says('p1', accept(classic(3), X));
    expect(found).toEqual(['p1 acts in 3.aaaaaa.classic at 0 with 1 promises']);
  });

  it('a fast reign is not open before a majority has promised it', () => {
    write(1, promise(fast(1)));
    phases.says('p1', { kind: 'any', ballot: fast(1), from: at(0) });
    expect(found).toEqual(['p1 acts in 1.aaaaaa.fast at 0 with 1 promises']);
  });

  it('the promise of a fast ballot serves the classic step of its reign', () => {
    for (const member of [1, 2]) write(member, promise(fast(1)));
    phases.says('p1', accept(classic(1), X));
    expect(found).toEqual([]);
  });

  it('the batch that a lower ballot has chosen is proposed again, and nothing else', () => {
    for (const member of [1, 2]) write(member, promise(classic(1)), vote(0, classic(1), X));
    for (const member of [2, 3]) write(member, promise(classic(2, B)));
    phases.says('p2', accept(classic(2, B), X));
    expect(found).toEqual([]);
    phases.says('p2', accept(classic(2, B), Y));
    expect(found).toEqual([expect.stringContaining(`where ${X.id} has been chosen before`)]);
  });

  it('a batch that may yet be chosen in a lower ballot is not passed over', () => {
    write(1, promise(classic(1)), vote(0, classic(1), X));
    for (const member of [2, 3]) write(member, promise(classic(2, B)));
    phases.says('p2', accept(classic(2, B), Y));
    expect(found).toEqual([]); // Nobody can vote for X any more: p2 and p3 have promised not to.
    group(4);
    for (const member of [1, 2]) write(member, promise(classic(1)), vote(0, classic(1), X));
    for (const member of [2, 3]) write(member, promise(classic(2, B)));
    write(1, promise(classic(2, B)));
    phases.says('p2', accept(classic(2, B), Y));
    expect(found).toEqual([expect.stringContaining(`where ${X.id} may yet be chosen in 1.aaaaaa.classic`)]);
  });

  it('an acceptor that has promised at the instance alone votes there no more either', () => {
    group(4);
    for (const member of [1, 2]) write(member, promise(fast(1)), vote(0, fast(1), X));
    for (const member of [3, 4]) write(member, promise(fast(1)), noVote(0, classic(1)));
    phases.says('p1', accept(classic(1), Y));
    expect(found).toEqual([]);
  });
});
