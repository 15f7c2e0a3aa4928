import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';

import type { Message, MessageKind, MessageOf } from '../../lib/consensus/messages.js';
import { type Ballot, ballotOf } from '../../lib/model/ballot.js';
import { NO_BASE } from '../../lib/model/base.js';
import { type Batch, type BatchId, batchId, boundTo } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import { COUNTER_MAX, type Instance, type ProcessId } from '../../lib/model/ids.js';
import type { Founding } from '../../lib/model/records.js';
import { defaults } from '../../lib/model/settings.js';
import { startNumber } from '../../lib/model/start.js';
import { groupIdOf } from '../../lib/model/view.js';
import { CoreGroup } from '../support/core-group.js';
import { NO_NONCE } from '../support/core-process.js';
import { idOf } from '../support/ids.js';
import { both, of, to } from '../support/losses.js';

const MEMBERS = [1, 2, 3] as const;
const STRANGER = 4;

/** Around everything that a message's number is compared with, and at both ends. */
const numbers: Arbitrary<number> = fc.oneof(
  fc.nat(20),
  fc.integer({ min: defaults.windowInstances - 2, max: defaults.windowInstances + 20 }),
  fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48, 2 ** 48 + 1, COUNTER_MAX - 1, COUNTER_MAX),
);
const instances = numbers.map((number) => number as Instance);
const processes = fc.constantFrom(...MEMBERS, STRANGER).map(idOf);
const bodies = fc.constantFrom('', '!', '!unsound', 'body').map((text) => Buffer.from(text));
/** Numbers that no process of these specs has used. */
const ids: Arbitrary<BatchId> = fc
  .tuple(processes, fc.constantFrom(1, 2, 10 ** 15 - 1), fc.constantFrom(10 ** 6, 10 ** 15 - 1))
  .map(([process, incarnation, sequence]) => batchId(process, incarnation, sequence));
/** As every process checks before anything rests on a batch, an id names one body. */
const batches: Arbitrary<Batch> = fc
  .record({ id: ids, body: bodies })
  .map(({ id, body }) => ({ id: boundTo(id, crc32(body)), body }));
const ballots: Arbitrary<Ballot> = fc.record({
  reign: numbers,
  coordinator: processes,
  step: fc.constantFrom(0 as const, 1 as const),
});
const votes = fc.record({ instance: instances, ballot: ballots, id: ids });
const items = fc.array(fc.record({ instance: instances, id: ids }), { maxLength: 5 });
function foundingOf(members: readonly ProcessId[], attempt: number): Founding {
  return {
    attempt,
    members,
    group: groupIdOf(members, attempt),
    base: NO_BASE,
    borderInstances: constants.borderInstances,
  };
}
/** Often that of the group itself. */
const foundings = fc.oneof(
  fc.constant(foundingOf(MEMBERS.map(idOf), 0)),
  fc
    .tuple(fc.uniqueArray(processes, { minLength: 1 }), numbers)
    .map(([members, attempt]) => foundingOf(members, attempt)),
);

type Fields<K extends MessageKind> = { readonly [F in keyof Omit<MessageOf<K>, 'kind'>]: Arbitrary<MessageOf<K>[F]> };

const fieldsOf: { readonly [K in MessageKind]: Fields<K> } = {
  hello: { replicas: fc.integer({ min: 1, max: 31 }), intent: fc.constantFrom('found', 'wait', 'join'), base: fc.constant(''), borderInstances: fc.constantFrom(constants.borderInstances, 1) }, // prettier-ignore
  found: { founding: foundings },
  signed: { founding: foundings },
  unwilling: { refused: foundings.map(({ group }) => group) },
  founded: { founding: foundings },
  stuck: { founding: foundings.map(({ group }) => group) },
  withdrawn: { withdrawal: fc.record({ founding: foundings, by: fc.uniqueArray(processes, { minLength: 1 }) }) },
  heartbeat: {
    ballot: ballots,
    watermark: instances,
    durable: instances,
    anyFrom: fc.option(instances),
    timeMs: fc.option(numbers),
  },
  heard: { ballot: ballots, watermark: instances, durable: instances, clockMs: fc.option(numbers) },
  canvass: { ballot: ballots },
  concur: { ballot: ballots },
  prepare: { ballot: ballots, from: instances },
  promise: {
    ballot: ballots,
    watermark: instances,
    from: instances,
    until: fc.option(instances),
    votes: fc.array(votes),
  },
  refusal: { promised: ballots },
  inquire: { ballot: ballots, instance: instances },
  report: { ballot: ballots, instance: instances, vote: fc.option(votes) },
  batch: { batch: batches },
  pending: { id: ids },
  any: { ballot: ballots, from: instances },
  propose: { ballot: ballots, instance: instances, batch: batches },
  accept: { ballot: ballots, items },
  accepted: { ballot: ballots, watermark: instances, items },
  fetch: { id: ids, instance: instances },
  'catch-up': { from: instances, to: instances },
  decided: { from: instances, batches: fc.array(batches, { maxLength: 5 }), watermark: instances },
  ask: { incarnation: numbers, round: numbers },
  answer: { incarnation: numbers, round: numbers, until: instances },
  fill: { until: instances },
};

const kinds = Object.keys(fieldsOf) as MessageKind[];

function messagesOf(kind: MessageKind): Arbitrary<Message> {
  const fields: Readonly<Record<string, Arbitrary<unknown>>> = { kind: fc.constant(kind), ...fieldsOf[kind] };
  return fc.record(fields) as Arbitrary<Message>;
}

/**
 * What only authentication can tell from the word of the member under whose id it comes: a vote, a promise, its own reign,
 * its own batch. Whoever may say these decides whatever it likes.
 */
function isWordOfMember(message: Message): boolean {
  switch (message.kind) {
    case 'accepted':
    case 'promise':
    case 'report':
    case 'any':
    case 'accept':
    case 'propose':
    case 'batch':
      return true;
    case 'heartbeat':
      return message.anyFrom !== null;
    default:
      return false;
  }
}

/** Hears all of them, in the order given, each at one member. */
function hear(group: CoreGroup, from: number, messages: readonly Message[]): void {
  for (const [i, message] of messages.entries()) {
    // A stranger may propose, as everyone may who learns from the group.
    if ((message.kind === 'batch' || message.kind === 'propose') && message.batch.body.length > 0)
      group.checker.proposed(message.batch);
    group.forge(from, 1 + (i % 3), message);
    if (i % 5 === 0) group.step();
  }
}

/** Everybody still decides what anybody proposes, in one order; the checker of the group sees to the rest. */
function expectToWork(group: CoreGroup, seconds: number): void {
  const ids = MEMBERS.map((process) => group.propose(process, `genuine ${process}`));
  group.read(2, 1);
  group.runUntil(
    () => group.everyoneHasDecided(ids) && group.process(2).readable.length > 0,
    seconds * (1_000 / constants.tickMs) * 20,
  );
}

describe.each(['classic', 'fast'] as const)('whatever a stranger says, in %s mode', (mode) => {
  it.each(kinds)('of kind %s, the group goes on', (kind) => {
    fc.assert(
      fc.property(fc.array(messagesOf(kind), { minLength: 1, maxLength: 20 }), (messages) => {
        const group = new CoreGroup(3, { mode, extra: 1 });
        group.crash(STRANGER);
        group.found();
        hear(group, STRANGER, messages);
        expectToWork(group, 10);
      }),
      { numRuns: 6 },
    );
  });

  it('of all kinds at once, the coordinator stays', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...kinds.map(messagesOf)), { minLength: 50, maxLength: 200 }), (messages) => {
        const group = new CoreGroup(3, { mode, extra: 1 });
        group.crash(STRANGER);
        group.found();
        hear(group, STRANGER, messages);
        expectToWork(group, 10);
        expect(group.processes.flatMap((p) => p.noticed('resigned'))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('whatever is said under the id of a member, but for what only that member may say,', () => {
  it.each([1, 3])('as of process %i, the group goes on', (member) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...kinds.map(messagesOf)), { minLength: 20, maxLength: 100 }), (messages) => {
        const group = new CoreGroup(3, { extra: 1 });
        group.crash(STRANGER);
        group.found();
        // Before a time is published, a member's word may end the founding.
        group.runTicks(20);
        hear(group, member, messages.filter((message) => !isWordOfMember(message))); // prettier-ignore
        expectToWork(group, 60);
      }),
      { numRuns: 30 },
    );
  });
});

describe('one message', () => {
  const far = (process: number, reign = COUNTER_MAX): Ballot => ballotOf(reign, idOf(process), 'classic');
  const first = 0 as Instance;

  it('of the highest reign is promised by nobody, counted and told, and nobody coordinates less for it', () => {
    for (const member of [2, STRANGER]) {
      const group = new CoreGroup(3, { extra: 1 });
      group.crash(STRANGER);
      group.found();
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
    const group = new CoreGroup(3, { extra: 1 });
    group.crash(STRANGER);
    group.found();
    for (let i = 0; i < 2 * defaults.refusalsToldTicks; i += 1) {
      group.forge(STRANGER, 2, { kind: 'prepare', ballot: far(STRANGER), from: first });
      group.tick(2);
    }
    expect(group.process(2).noticed('refused').length).toBeLessThanOrEqual(3);
  });

  it('of a reign within reason, of a process that is no member, makes nobody promise or follow', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.crash(STRANGER);
    group.found();
    const ballot = far(STRANGER, 2);
    for (const hearer of MEMBERS) {
      group.forge(STRANGER, hearer, { kind: 'prepare', ballot, from: first });
      group.forge(STRANGER, hearer, {
        kind: 'heartbeat',
        ballot,
        watermark: first,
        durable: 0 as Instance,
        anyFrom: null,
        timeMs: null,
      });
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
      const group = new CoreGroup(3, { extra: 1 });
      group.crash(STRANGER);
      group.found();
      const batch = { id: batchId('f'.repeat(16) as ProcessId, 1, 0), body: Buffer.from('forged') };
      group.forge(sender, 2, { kind: 'decided', from: first, batches: [batch], watermark: 1 as Instance });
      expect(group.process(2).decided.size).toBe(0);
      expectToWork(group, 1);
    }
  });

  it('with decisions, or an offer of a checkpoint, is no answer of one who is no member, whatever it claims to know', () => {
    const group = new CoreGroup(3, { mode: 'fast', extra: 1 });
    group.crash(STRANGER);
    group.found();
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
      const group = new CoreGroup(3, { mode, extra: 1 });
      group.crash(STRANGER);
      group.found();
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
      const group = new CoreGroup(3, { mode, extra: 1 });
      group.crash(STRANGER);
      group.found();
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

describe('a member that alone has promised a high reign', () => {
  /** Process 3 is the one, and 1 is down, so that there is no majority without it. */
  function withHighPromise(reign: number): CoreGroup {
    const group = new CoreGroup(3).found();
    group.crash(1, 3);
    group.process(3).disk.promise = ballotOf(reign, idOf(2), 'classic');
    group.restart(3);
    return group;
  }

  it.each([2, 1_000_000, constants.reignStep, 3 * constants.reignStep + 7])(
    'of %i gets through where there is no majority without it',
    (reign) => {
      const group = withHighPromise(reign);
      const ids = [group.propose(2, 'a'), group.propose(3, 'b')];
      group.runUntil(() => group.everyoneHasDecided(ids), 60 * 2_000);
      expect(group.process(2).disk.promise.reign).toBeGreaterThanOrEqual(reign);
    },
  );

  it('holds nobody up where there is one', () => {
    const group = withHighPromise(2 ** 50);
    group.restart(1);
    group.runUntil(() => group.coordinator !== null);
    const ids = [group.propose(1, 'a'), group.propose(2, 'b')];
    group.runUntil(() => ids.every((id) => group.hasDecided(1, id)), 60 * 2_000);
    const { coordinator } = group;
    group.runTicks(1_000);
    expect(group.coordinator).toBe(coordinator);
    expect(group.process(1).disk.promise.reign).toBeLessThan(constants.reignStep);
  });

  it('and is alone in its group goes on from there', () => {
    const group = new CoreGroup(1).found();
    group.crash(1);
    group.process(1).disk.promise = ballotOf(2 ** 50, idOf(1), 'classic');
    group.restart(1);
    const id = group.propose(1, 'a');
    group.runUntil(() => group.hasDecided(1, id), 2_000);
  });

  it('the highest there is, says that it can coordinate no more, and does not stop', () => {
    const group = new CoreGroup(1).found();
    group.crash(1);
    group.process(1).disk.promise = ballotOf(COUNTER_MAX, idOf(1), 'classic');
    group.restart(1);
    group.runTicks(100);
    expect(group.process(1).noticed('reigns-exhausted').length).toBeGreaterThan(0);
  });
});
