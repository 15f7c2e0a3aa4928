import { beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import type { GroupId, ProcessId } from '../../../lib/model/ids.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import { View } from '../../../lib/model/view.js';
import { packChange } from '../../../lib/sequence/view-change.js';
import { Electorate } from '../../../lib/simulation/checkers/electorate.js';
import { A, at, B } from './subjects.js';

const C = 'cccccccccccccccc' as ProcessId;
const BORDER = constants.borderInstances;

function founded(members: readonly ProcessId[], group = 'dddddddddddddddd'): LedgerRecord {
  const record = { view: new View(0, members), from: at(0) };
  return { kind: 'view', group: group as GroupId, borderInstances: BORDER, record };
}

const starts = (process: ProcessId): LedgerRecord => ({ kind: 'identity', process, incarnation: 1, founds: true });

describe('who votes where', () => {
  let electorate: Electorate;
  let sequence: number;

  const change = (proposer: ProcessId, follows: number, members: readonly ProcessId[]): [string, Uint8Array] => {
    sequence += 1;
    return [`${proposer}v1.${sequence}`, packChange({ follows, members })];
  };

  beforeEach(() => {
    sequence = 0;
    electorate = new Electorate(2);
    electorate.durable('p1', [starts(A), founded([A, B])]);
    electorate.durable('p2', [starts(B)]);
    electorate.durable("p2'", [starts(C)]);
    electorate.comesWithoutVote("p2'");
  });

  it('is not told by a process that comes without a vote, until a view has it', () => {
    expect(electorate.among(0, ['p1', 'p2', "p2'"])).toEqual(['p1', 'p2']);
    expect(electorate.hasHadVote("p2'", C)).toBe(false);
    electorate.chosen(7, ...change(A, 0, [A, C]));
    expect(electorate.among(7 + BORDER - 1, ['p1', 'p2', "p2'"])).toEqual(['p1', 'p2']);
    expect(electorate.among(7 + BORDER, ['p1', 'p2', "p2'"])).toEqual(['p1', "p2'"]);
    expect(electorate.hasHadVote("p2'", C)).toBe(true);
  });

  it('is told by the first of two changes of one view, and the other is void', () => {
    const decided: unknown[] = [];
    electorate.onDecided((view, proposer) => decided.push([proposer, view?.members ?? null]));
    electorate.chosen(7, ...change(A, 0, [A, C]));
    electorate.chosen(7 + BORDER, ...change(B, 0, [B, C]));
    expect(decided).toEqual([
      [A, [A, C]],
      [B, null],
    ]);
    expect(electorate.views.map(({ members }) => members)).toEqual([
      [A, B],
      [A, C],
    ]);
  });

  it('may be told by each change that is proposed, as long as it is not void', () => {
    electorate.proposed(...change(A, 0, [A, C]));
    electorate.proposed(...change(B, 0, [B, C]));
    expect(electorate.toCome).toEqual([
      [A, C],
      [B, C],
    ]);
    electorate.chosen(7, ...change(A, 0, [A, C]));
    expect(electorate.toCome).toEqual([]);
  });

  it('belongs to the disk on which an id was first, and not to an earlier copy', () => {
    electorate.chosen(7, ...change(A, 0, [A, C]));
    electorate.durable("p1'", [starts(A)]);
    expect(electorate.among(7 + BORDER, ['p1', "p1'"])).toEqual(['p1']);
  });

  it('is told by the founding that holds, and not by one that was given up', () => {
    electorate.durable('p1', [founded([A, C], 'eeeeeeeeeeeeeeee')]);
    expect(electorate.views.map(({ members }) => members)).toEqual([[A, C]]);
  });
});
