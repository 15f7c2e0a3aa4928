import { describe, expect, it } from '@jest/globals';

import type { Message } from '../../lib/consensus/messages.js';
import { type Ballot, ballotOf } from '../../lib/model/ballot.js';
import { batchId } from '../../lib/model/batch.js';
import { COUNTER_MAX, type Instance, type ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { startNumber } from '../../lib/model/start.js';
import { CoreGroup } from '../support/core-group.js';
import { NO_NONCE } from '../support/core-process.js';
import { heartbeatOf } from '../support/heartbeat.js';
import { idOf } from '../support/ids.js';
import { both, of, to } from '../support/losses.js';
import { besideStranger, expectToWork, MEMBERS, STRANGER } from './hostile-messages.js';

describe('one message', () => {
  const far = (process: number, reign = COUNTER_MAX): Ballot => ballotOf(reign, idOf(process), 'classic');
  const first = 0 as Instance;

  it('of the highest reign is promised by nobody, counted and told, and nobody coordinates less for it', () => {
    for (const member of [2, STRANGER]) {
      const group = besideStranger();
      for (const hearer of [1, 3]) group.forge(member, hearer, { kind: 'prepare', ballot: far(member), from: first });
      expectToWork(group, 1);
      expect(MEMBERS.map((process) => group.process(process).disk.promise.reign)).toEqual([1, 1, 1]);
      expect(group.process(1).noticed('resigned')).toEqual([]);
      group.runTicks(1);
      const reason = member === STRANGER ? 'coordinator of no view' : 'number beyond reason';
      expect(group.process(3).noticed('refused')).toEqual([
        { kind: 'refused', counts: { [reason]: 1 }, latest: idOf(member) },
      ]);
    }
  });

  it('that is refused over and over is told from time to time only', () => {
    const group = besideStranger();
    for (let i = 0; i < 2 * defaults.refusalsToldTicks; i += 1) {
      group.forge(STRANGER, 2, { kind: 'prepare', ballot: far(STRANGER), from: first });
      group.tick(2);
    }
    expect(group.process(2).noticed('refused').length).toBeLessThanOrEqual(3);
  });

  it('of a reign within reason, of a process that is no member, makes nobody promise or follow', () => {
    const group = besideStranger();
    const ballot = far(STRANGER, 2);
    for (const hearer of MEMBERS) {
      group.forge(STRANGER, hearer, { kind: 'prepare', ballot, from: first });
      group.forge(STRANGER, hearer, heartbeatOf(ballot));
      group.forge(STRANGER, hearer, {
        kind: 'accept',
        ballot,
        items: [{ instance: first, id: batchId(idOf(2), 1, 9) }],
      });
    }
    group.settle();
    expect(group.sentOf('promise').every(({ message }) => message.ballot.reign === 1)).toBe(true);
    expect(group.sentOf('accepted')).toEqual([]);
    expectToWork(group, 1);
  });

  it('with decisions that nobody has asked for decides nothing', () => {
    for (const sender of [3, STRANGER]) {
      const group = besideStranger();
      const batch = { id: batchId('f'.repeat(16) as ProcessId, 1, 0), body: Buffer.from('forged') };
      group.forge(sender, 2, { kind: 'decided', from: first, batches: [batch], watermark: 1 as Instance });
      expect(group.process(2).decided.size).toBe(0);
      expectToWork(group, 1);
    }
  });

  it('with decisions, or an offer of a checkpoint, is no answer of one who is no member, whatever it claims to know', () => {
    const group = besideStranger({ mode: 'fast' });
    group.loss = both(of('accepted', 'decided', 'batch', 'propose'), to(2));
    const id = group.propose(1, 'a');
    // A question about one instance goes to everyone.
    group.forge(1, 2, { kind: 'accept', ballot: ballotOf(1, idOf(1), 'classic'), items: [{ instance: first, id }] });
    group.process(2).core!.step({ kind: 'tick', nowMs: 0 });
    for (let tick = 0; tick < 100; tick += 1) {
      const ballot = ballotOf(1, idOf(1), 'fast');
      group.forge(STRANGER, 2, {
        kind: 'heard',
        ballot,
        watermark: 9 as Instance,
        durable: 0 as Instance,
        clockMs: null,
      });
      const batch = { id: batchId(idOf(STRANGER), 1, 0), body: Buffer.from('forged') };
      group.forge(STRANGER, 2, { kind: 'decided', from: first, batches: [batch], watermark: 9 as Instance });
      group.runTicks(1);
    }
    expect([...group.process(2).decided.values()].filter((decided) => decided !== id)).toEqual([]);
    expect(group.process(2).core!.expects(idOf(STRANGER), first)).toBe(false);
    expect(group.sent.filter((m) => m.to === STRANGER && m.message.kind === 'catch-up')).toEqual([]);
  });

  it('that asks all about one instance in a reign to come holds nobody up there', () => {
    const group = new CoreGroup(3).found();
    const ballot = ballotOf(1_000, idOf(1), 'classic');
    for (const hearer of [2, 3]) group.forge(1, hearer, { kind: 'inquire', ballot, instance: first });
    expectToWork(group, 5);
  });

  it('that asks all about one instance in a reign to come holds nobody up there, though all were started again since', () => {
    const group = new CoreGroup(3).found();
    const ballot = ballotOf(1_000, idOf(1), 'classic');
    for (const hearer of [2, 3]) group.forge(1, hearer, { kind: 'inquire', ballot, instance: first });
    group.crash(...MEMBERS);
    group.restart(...MEMBERS);
    expectToWork(group, 5);
  });

  it('that answers a question counts, but not with a body that nobody can have made', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('accepted', 'decided', 'batch', 'accept'), to(3));
    const ids = [group.propose(1, 'a'), group.propose(1, 'b')];
    group.runUntil(() => group.sentOf('catch-up').some((m) => m.from === 3), 2_000);
    const asked = group.sentOf('catch-up').find((m) => m.from === 3)!;
    const forged = ids.map((id) => ({ id, body: Buffer.from('!forged') }));
    group.forge(asked.to, 3, { kind: 'decided', from: first, batches: forged, watermark: 2 as Instance });
    expect(group.process(3).decided.size).toBe(0);
    const genuine = [0, 1].map((instance) => group.process(1).disk.batchAt(instance as Instance));
    group.forge(asked.to, 3, { kind: 'decided', from: first, batches: genuine, watermark: 2 as Instance });
    expect([...group.process(3).decided.values()]).toEqual(ids);
  });

  it('with a body that nobody can have made gets no vote and no place, whoever sends it', () => {
    for (const mode of ['classic', 'fast'] as const) {
      const group = besideStranger({ mode });
      const batch = { id: batchId(idOf(STRANGER), 1, 0), body: Buffer.from('!') };
      const ballot = ballotOf(1, idOf(1), mode);
      for (const hearer of MEMBERS) {
        group.forge(STRANGER, hearer, { kind: 'batch', batch });
        group.forge(STRANGER, hearer, { kind: 'propose', ballot, instance: first, batch });
      }
      group.settle();
      expect(group.sentOf('accepted')).toEqual([]);
      expect(group.sentOf('accept')).toEqual([]);
      expectToWork(group, 1);
    }
  });

  it('with a batch of another process is nobody’s proposal', () => {
    for (const mode of ['classic', 'fast'] as const) {
      const group = besideStranger({ mode });
      // The id that process 2 uses next.
      const start = startNumber({ incarnation: 1, nonce: NO_NONCE });
      const batch = { id: batchId(idOf(2), start, 0), body: Buffer.from('forged') };
      const ballot = ballotOf(1, idOf(1), mode);
      for (const hearer of [1, 3]) {
        group.forge(STRANGER, hearer, { kind: 'batch', batch });
        group.forge(STRANGER, hearer, { kind: 'propose', ballot, instance: first, batch });
      }
      const id = group.propose(2, 'genuine');
      group.runUntil(() => group.everyoneHasDecided([id]));
      expect(MEMBERS.map((process) => group.delivered(process))).toEqual([['genuine'], ['genuine'], ['genuine']]);
    }
  });

  it.each<[string, (ballot: Ballot) => Message]>([
    ['an accept in a fast ballot', (ballot) => ({ kind: 'accept', ballot, items: [{ instance: first, id: batchId(idOf(2), 1, 9) }] })], // prettier-ignore
    ['an inquiry in a fast ballot', (ballot) => ({ kind: 'inquire', ballot, instance: first })],
  ])('against the protocol stops nobody: %s', (_what, messageIn) => {
    const group = new CoreGroup(3, { mode: 'fast' }).found();
    for (const hearer of [2, 3]) group.forge(1, hearer, messageIn(ballotOf(1, idOf(1), 'fast')));
    expectToWork(group, 1);
  });
});
