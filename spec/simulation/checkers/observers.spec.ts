import { describe, expect, it } from '@jest/globals';

import { NO_BALLOT } from '../../../lib/model/ballot.js';
import { NO_BASE } from '../../../lib/model/base.js';
import { constants } from '../../../lib/model/constants.js';
import type { GroupId } from '../../../lib/model/ids.js';
import type { WireMessage } from '../../../lib/paxos/wire/routes.js';
import { Observers } from '../../../lib/simulation/checkers/observers.js';
import { A, at, B, classic, found, noVote, promise, report, vote, watermark, X } from './subjects.js';

describe('a process that has lost its votes', () => {
  const ballot = classic(1);
  const founding = {
    group: 'cccccccccccccccc' as GroupId,
    attempt: 0,
    members: [A, B],
    base: NO_BASE,
    borderInstances: constants.borderInstances,
  };

  it('asks, proposes, learns and tells what was decided', () => {
    const observers = new Observers(report);
    const said: WireMessage[] = [
      { kind: 'hello', replicas: 3, intent: 'join', base: '', borderInstances: constants.borderInstances },
      { kind: 'batch', batch: X },
      { kind: 'heard', ballot, watermark: at(3), durable: at(0), clockMs: null },
      { kind: 'ask', incarnation: 1, round: 1 },
      { kind: 'catch-up', from: at(1), to: at(3) },
      { kind: 'decided', from: at(0), batches: [X], watermark: at(1) },
      { kind: 'want-checkpoint', beyond: at(3) },
    ];
    for (const message of said) observers.says("p1'", message);
    observers.durable("p1'", [vote(0, NO_BALLOT, X), watermark(1)]);
    observers.durable("p1'", [
      { kind: 'founding', founding: { signed: null, joined: null, refused: [founding.group], withdrawals: [] } },
    ]);
    expect(found).toEqual([]);
  });

  const ofMembers: readonly WireMessage[] = [
    { kind: 'promise', ballot, watermark: at(0), from: at(0), until: null, votes: [] },
    { kind: 'report', ballot, instance: at(0), vote: null },
    { kind: 'accepted', ballot, watermark: at(0), items: [] },
    { kind: 'concur', ballot },
    { kind: 'canvass', ballot },
    { kind: 'prepare', ballot, from: at(0) },
    { kind: 'accept', ballot, items: [] },
    { kind: 'heartbeat', ballot, watermark: at(0), durable: at(0), anyFrom: null, complete: 0, timeMs: null },
    { kind: 'answer', incarnation: 1, round: 1, until: at(0) },
    { kind: 'signed', founding },
  ];
  it.each(ofMembers.map((message) => [message.kind, message] as const))('does not say %s', (_, message) => {
    new Observers(report).says("p1'", message);
    expect(found).toEqual([`p1', which has no vote, says ${message.kind}`]);
  });

  it('repeats what it signed and proposed before, as long as it does not know, and nothing else', () => {
    const observers = new Observers(report);
    const other = { ...founding, group: 'dddddddddddddddd' as GroupId };
    observers.saysAsMember(A, { kind: 'found', founding });
    for (const kind of ['signed', 'founded', 'found'] as const) observers.saysUnaware("p1'", A, { kind, founding });
    expect(found).toEqual([]);
    observers.saysUnaware("p1'", A, { kind: 'found', founding: other });
    observers.saysUnaware("p2'", B, { kind: 'found', founding });
    observers.saysUnaware("p1'", A, { kind: 'concur', ballot });
    expect(found).toEqual([
      "p1', which has no vote, says found",
      "p2', which has no vote, says found",
      "p1', which has no vote, says concur",
    ]);
  });

  it('writes no vote, no promise and no signature', () => {
    const observers = new Observers(report);
    observers.durable("p1'", [vote(3, ballot, X), noVote(4, ballot), promise(ballot)]);
    observers.durable("p1'", [
      { kind: 'founding', founding: { signed: founding, joined: null, refused: [], withdrawals: [] } },
    ]);
    expect(found.map((text) => text.replace("p1', which has no vote, ", ''))).toEqual([
      'votes at 3',
      'promises at 4',
      'promises',
      'signs',
    ]);
  });

  it('never takes part under its former id', () => {
    const observers = new Observers(report);
    observers.opens('p1', A);
    observers.retires(A);
    observers.opens("p1'", B);
    expect(found).toEqual([]);
    observers.opens("p1'", A);
    expect(found).toEqual([`p1' takes part as ${A}, whose votes are lost`]);
  });
});
