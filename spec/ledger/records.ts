import fc from 'fast-check';

import { type Ballot, NO_BALLOT } from '../../lib/model/ballot.js';
import { type GroupBase, NO_BASE } from '../../lib/model/base.js';
import { type Batch, batchId, boundTo, NO_OP_ID, ofKind, VALUE_KINDS } from '../../lib/model/batch.js';
import type { Checkpoint, Verdict } from '../../lib/model/checkpoint.js';
import { constants } from '../../lib/model/constants.js';
import type { GroupId, Instance, Position, ProcessId } from '../../lib/model/ids.js';
import type { Founding, LedgerRecord, LogEntry } from '../../lib/model/records.js';
import type { Nonce, Start, StartsRecord } from '../../lib/model/start.js';
import { View } from '../../lib/model/view.js';

export const PROCESS = '0123456789abcdef' as ProcessId;
export const OTHER = 'fedcba9876543210' as ProcessId;
export const GROUP = 'aaaabbbbccccdddd' as GroupId;
export const BALLOT: Ballot = { reign: 7, coordinator: OTHER, step: 1 };

export function at(instance: number): Instance {
  return instance as Instance;
}

export const END = at(Number.MAX_SAFE_INTEGER);

/** A vote at `instance` whose body is `bytes` long and tells the instance. */
export function entryAt(instance: number, bytes = 1): LogEntry {
  const batch = { id: batchId(PROCESS, 1, instance), body: new Uint8Array(bytes).fill(instance % 251) };
  return { instance: at(instance), promised: NO_BALLOT, vote: { ballot: BALLOT, batch } };
}

export function voteAt(instance: number, bytes = 1): LedgerRecord {
  return { kind: 'entry', entry: entryAt(instance, bytes) };
}

const idText = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => id.toString(16).padStart(16, '0'));
const processId = idText as fc.Arbitrary<ProcessId>;
const groupId = idText as fc.Arbitrary<GroupId>;
const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const instance = fc
  .oneof(
    fc.nat(8),
    fc.integer({ min: -3, max: 3 }).map((offset) => constants.segmentInstances + offset),
    fc.nat({ max: 9 }).map((segment) => segment * constants.segmentInstances),
    fc.maxSafeNat().map((large) => Math.min(large, Number.MAX_SAFE_INTEGER - 1)),
  )
  .map(at);
const realBallot: fc.Arbitrary<Ballot> = fc.record({
  reign: count,
  coordinator: processId,
  step: fc.constantFrom(0, 1),
});
const ballot = fc.oneof(fc.constant(NO_BALLOT), realBallot);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.nat(20_000).map((bytes) => new Uint8Array(bytes).fill(bytes)),
);
const counter = fc.integer({ min: 0, max: 999_999_999_999_999 });
const id = fc.oneof(
  fc.constant(NO_OP_ID),
  fc
    .tuple(processId, counter, counter, counter, fc.option(fc.nat(2 ** 32 - 1)), fc.constantFrom(...VALUE_KINDS))
    .map(([process, incarnation, sequence, since, checksum, kind]) => {
      const place = ofKind(kind, batchId(process, Math.max(1, incarnation), sequence, at(since)));
      return checksum === null ? place : boundTo(place, checksum);
    }),
);
const batch: fc.Arbitrary<Batch> = fc.record({ id, body });
const members = fc.uniqueArray(processId, { minLength: 1, maxLength: 31 });
const anyDigest = fc.tuple(idText, idText).map((halves) => halves.join(''));
const base: fc.Arbitrary<GroupBase> = fc.oneof(fc.constant(NO_BASE), fc.record({ from: instance, digest: anyDigest }));
const verdict: fc.Arbitrary<Verdict> = fc.record({ next: instance, refuted: anyDigest, upheld: anyDigest });
const founding: fc.Arbitrary<Founding> = fc.record({
  group: groupId,
  attempt: count,
  members,
  base,
  borderInstances: count,
});

const start: fc.Arbitrary<Start> = fc.record({ incarnation: count, nonce: anyDigest as fc.Arbitrary<Nonce> });
const starts: fc.Arbitrary<StartsRecord> = fc.record({
  own: fc.array(start, { maxLength: 20 }),
  peers: fc.array(
    fc.record({ process: processId, starts: fc.array(start, { minLength: 1, maxLength: 4 }), isForked: fc.boolean() }),
    { maxLength: 31 },
  ),
  hasLostVotes: fc.boolean(),
});

const anyEntry: fc.Arbitrary<LogEntry> = fc.record({
  instance,
  promised: ballot,
  vote: fc.option(fc.record({ ballot, batch })),
});

/** Any record of the group `group`, most of them log entries. */
export function anyRecord(group: GroupId): fc.Arbitrary<LedgerRecord> {
  return fc.oneof(
    { weight: 5, arbitrary: anyEntry.map((entry) => ({ kind: 'entry', entry }) as const) },
    fc.record({ kind: fc.constant('identity' as const), process: processId, incarnation: count, founds: fc.boolean() }),
    fc.record({ kind: fc.constant('promise' as const), ballot }),
    fc.record({ kind: fc.constant('base' as const), base }),
    fc.record({ kind: fc.constant('starts' as const), starts }),
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), count, count, instance)
      .map(([number, sendingId, removedUpTo, decidedAt]) => ({
        kind: 'keys' as const,
        record: { number, sendingId: sendingId === 0 ? null : sendingId, removedUpTo, decidedAt },
      })),
    fc.record({ kind: fc.constant('verdict' as const), verdict: fc.option(verdict) }),
    fc.record({ kind: fc.constant('watermark' as const), watermark: instance }),
    fc.record({
      kind: fc.constant('founding' as const),
      founding: fc.record({
        signed: fc.option(founding),
        joined: fc.option(founding),
        refused: fc.array(groupId, { maxLength: 5 }),
        withdrawals: fc.array(fc.record({ founding, by: members }), { maxLength: 3 }),
      }),
    }),
    fc.tuple(fc.nat(5), instance, members).map(([number, from, list]) => ({
      kind: 'view' as const,
      group,
      borderInstances: constants.borderInstances,
      // Views govern one after the other.
      record: { view: new View(number, list), from: at(Math.min(from, 1000) + 2000 * number) },
    })),
  );
}

/** A checkpoint of everything below `next`, of no chunks. */
export function checkpointAt(next: number): Checkpoint {
  const digest = next.toString(16).padStart(32, '0');
  return { next: at(next), position: (3 * next) as Position, chunks: 0, bytes: 0, digest };
}

export const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  next: instance,
  position: count as fc.Arbitrary<Position>,
  chunks: count,
  bytes: count,
  digest: anyDigest,
});

/** Records of which many follow one on the other. */
export const nearRecord = anyRecord(GROUP).map((record) => {
  if (record.kind !== 'entry') return record;
  const instance = at(record.entry.instance % 4);
  return record.entry.vote
    ? voteAt(instance, record.entry.vote.batch.body.length)
    : { ...record, entry: { ...record.entry, instance } };
});
