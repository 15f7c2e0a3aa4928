import { crc32 } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';

import type { Message, MessageKind } from '../../lib/consensus/messages.js';
import type { Ballot } from '../../lib/model/ballot.js';
import { type Batch, type BatchId, batchId, boundTo } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import { COUNTER_MAX, type Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import type { GroupOptions } from '../support/core-group-options.js';
import { coreFields } from '../support/core-messages.js';
import { foundingOf } from '../support/founding-of.js';
import { idOf } from '../support/ids.js';

export const MEMBERS = [1, 2, 3] as const;

/** Of no view. */
export const STRANGER = 4;

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

/** Often that of the group itself. */
const foundings = fc.oneof(
  fc.constant(foundingOf(MEMBERS.map(idOf), 0)),
  fc
    .tuple(fc.uniqueArray(processes, { minLength: 1 }), numbers)
    .map(([members, attempt]) => foundingOf(members, attempt)),
);

const fieldsOf = coreFields({
  ...{ numbers, instances, processes, ballots, ids, batches, foundings },
  groups: foundings.map(({ group }) => group),
  hello: {
    replicas: fc.integer({ min: 1, max: 31 }),
    intent: fc.constantFrom('found', 'wait', 'join'),
    base: fc.constant(''),
    borderInstances: fc.constantFrom(constants.borderInstances, 1),
  },
});

export const kinds = Object.keys(fieldsOf) as MessageKind[];

/** Messages of one kind with fields that a core compares with its own, and with the ends of what can be sent. */
export function messagesOf(kind: MessageKind): Arbitrary<Message> {
  const fields: Readonly<Record<string, Arbitrary<unknown>>> = { kind: fc.constant(kind), ...fieldsOf[kind] };
  return fc.record(fields) as Arbitrary<Message>;
}

/** A group of the members; the stranger is silent, and only what is forged comes from it. */
export function besideStranger(options: Omit<GroupOptions, 'extra'> = {}): CoreGroup {
  const group = new CoreGroup(MEMBERS.length, { ...options, extra: 1 });
  group.crash(STRANGER);
  return group.found();
}

/** Everybody still decides what anybody proposes, in one order; the checker of the group sees to the rest. */
export function expectToWork(group: CoreGroup, seconds: number): void {
  const ids = MEMBERS.map((process) => group.propose(process, `genuine ${process}`));
  group.read(2, 1);
  group.runUntil(
    () => group.everyoneHasDecided(ids) && group.process(2).readable.length > 0,
    seconds * (1_000 / constants.tickMs) * 20,
  );
}
