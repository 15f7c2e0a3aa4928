/** Values of the model and messages at random, for property tests. */
import fc, { type Arbitrary } from 'fast-check';

import { type Ballot, NO_BALLOT } from '../../lib/model/ballot.js';
import { type GroupBase, NO_BASE } from '../../lib/model/base.js';
import {
  type Batch,
  type BatchId,
  batchId,
  boundTo,
  NO_OP,
  NO_OP_ID,
  ofKind,
  VALUE_KINDS,
} from '../../lib/model/batch.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import { constants } from '../../lib/model/constants.js';
import type { Facts } from '../../lib/model/facts.js';
import { COUNTER_MAX, type GroupId, type Instance, type Position, type ProcessId } from '../../lib/model/ids.js';
import type { Founding } from '../../lib/model/records.js';
import {
  INCARNATION_MAX,
  type Nonce,
  OWN_STARTS_MAX,
  PEER_STARTS_MAX,
  type PeerStarts,
  type Start,
} from '../../lib/model/start.js';
import { groupIdOf, MAX_MEMBERS } from '../../lib/model/view.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import { coreFields, type Fields } from './core-messages.js';

const DECIMALS_MAX = 999_999_999_999_999;

const hexadecimals = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => number.toString(16).padStart(16, '0'));
const naturals = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
/** What reigns and instances are counted in. */
const counters = fc.oneof(fc.nat(), fc.nat(COUNTER_MAX), fc.constantFrom(COUNTER_MAX - 1, COUNTER_MAX));

const processIds = hexadecimals.map((text) => text as ProcessId);
const instances = counters.map((number) => number as Instance);
export const bytes = fc.uint8Array({ maxLength: 300 });

const properBatchIds: Arbitrary<BatchId> = fc
  .tuple(
    processIds,
    fc.integer({ min: 1, max: DECIMALS_MAX }),
    fc.integer({ min: 0, max: DECIMALS_MAX }),
    fc.integer({ min: 0, max: DECIMALS_MAX }),
    fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    fc.constantFrom(...VALUE_KINDS),
  )
  .map(([process, incarnation, since, sequence, checksum, kind]) => {
    const id = ofKind(kind, batchId(process, incarnation, sequence, since as Instance));
    return checksum === null ? id : boundTo(id, checksum);
  });

const batchIds: Arbitrary<BatchId> = fc.oneof({ weight: 9, arbitrary: properBatchIds }, fc.constant(NO_OP_ID));

const batches: Arbitrary<Batch> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ id: properBatchIds, body: bytes.map((body) => Buffer.from(body)) }) },
  fc.constant(NO_OP),
);

const ballots: Arbitrary<Ballot> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ reign: counters, coordinator: processIds, step: fc.constantFrom(0, 1) }) },
  fc.constant(NO_BALLOT),
);

const digests = fc
  .array(fc.integer({ min: 0, max: 15 }), { minLength: 32, maxLength: 32 })
  .map((digits) => digits.map((digit) => digit.toString(16)).join(''));

const bases: Arbitrary<GroupBase> = fc.oneof(fc.constant(NO_BASE), fc.record({ from: instances, digest: digests }));

/** α of a group. */
const borders = fc.integer({ min: 1, max: constants.borderInstancesMax });

const foundings: Arbitrary<Founding> = fc
  .tuple(fc.uniqueArray(processIds, { minLength: 1, maxLength: MAX_MEMBERS }), naturals, bases, borders)
  .map(([members, attempt, base, borderInstances]) => {
    const group = groupIdOf(members, attempt, base, borderInstances);
    return { group, attempt, members, base, borderInstances };
  });

const starts: Arbitrary<Start> = fc.record({
  incarnation: fc.integer({ min: 1, max: INCARNATION_MAX }),
  nonce: digests as Arbitrary<Nonce>,
});

const peers: Arbitrary<PeerStarts[]> = fc.array(
  fc.record({ process: processIds, isForked: fc.boolean(), starts: fc.array(starts, { maxLength: PEER_STARTS_MAX }) }),
  { maxLength: MAX_MEMBERS },
);

const checkpoints: Arbitrary<Checkpoint> = fc.record({
  next: instances,
  position: naturals.map((position) => position as Position),
  chunks: naturals,
  bytes: naturals,
  digest: digests,
});

const facts: Arbitrary<Facts> = fc
  .dictionary(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.oneof(fc.string({ maxLength: 40 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    { maxKeys: 8, noNullPrototype: true },
  )
  .map((made) => JSON.parse(JSON.stringify(made)) as Facts)
  .filter((made) => Buffer.byteLength(JSON.stringify(made)) <= constants.factsBytesMax);

type MessageKind = WireMessage['kind'];
type MessageOf<K extends MessageKind> = Extract<WireMessage, { readonly kind: K }>;

const fieldsOf: { readonly [K in MessageKind]: Fields<MessageOf<K>> } = {
  'want-checkpoint': { beyond: instances },
  offer: { beyond: instances, checkpoint: checkpoints },
  'want-chunk': { digest: digests, index: naturals },
  chunk: { digest: digests, index: naturals, bytes: bytes.map((some) => Buffer.from(some)) },
  'no-chunk': { digest: digests },
  checkpointed: { next: instances, digest: digests },
  facts: { edition: naturals, facts },
  observing: { durable: instances },
  keys: { edition: naturals, number: naturals, sendingId: naturals, ids: fc.array(naturals) },
  start: { former: fc.array(starts, { maxLength: OWN_STARTS_MAX }), peers },
  welcome: { to: starts, isMet: fc.boolean(), former: fc.array(starts, { maxLength: OWN_STARTS_MAX }), peers },
  ...coreFields({
    ...{ instances, ballots, batches, foundings },
    numbers: naturals,
    processes: processIds,
    ids: batchIds,
    groups: hexadecimals.map((text) => text as GroupId),
    hello: {
      replicas: fc.integer({ min: 1, max: MAX_MEMBERS }),
      intent: fc.constantFrom('found', 'wait', 'join'),
      base: bases.map(({ digest }) => digest),
      borderInstances: borders,
    },
  }),
};

/** Messages of one kind. */
export function messagesOf<K extends MessageKind>(kind: K): Arbitrary<MessageOf<K>> {
  const fields = fieldsOf[kind] as Record<string, Arbitrary<unknown>>;
  return fc.record({ kind: fc.constant(kind), ...fields }) as Arbitrary<MessageOf<K>>;
}

export const messageKinds = Object.keys(fieldsOf) as readonly MessageKind[];

/** Messages of every kind. */
export const messages: Arbitrary<WireMessage> = fc.oneof(...messageKinds.map((kind) => messagesOf(kind)));
