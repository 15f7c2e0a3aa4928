/** How the parts that stored records are made of are written as bytes, and read. */
import { type ByteReader, type ByteWriter, ID_BYTES } from '../../bytes/binary.js';
import { VARINT_BYTES_MAX } from '../../bytes/varint.js';
import { assert } from '../../model/assert.js';
import { type Ballot, NO_BALLOT } from '../../model/ballot.js';
import { type GroupBase, NO_BASE } from '../../model/base.js';
import {
  type BatchId,
  batchId,
  boundTo,
  checksumOf,
  isBatchId,
  NO_OP_ID,
  ofKind,
  partsOf,
  VALUE_KINDS,
  valueKindOf,
} from '../../model/batch.js';
import type { Checkpoint, Verdict } from '../../model/checkpoint.js';
import type { GroupId, Instance, Position, ProcessId } from '../../model/ids.js';
import type { KeyRecord } from '../../model/keys.js';
import type { Founding, FoundingRecord, Vote } from '../../model/records.js';
import type { Nonce, Start, StartsRecord } from '../../model/start.js';
import type { Tally } from './inventory.js';

export const BALLOT_BYTES_MAX = 1 + VARINT_BYTES_MAX + ID_BYTES;
/** Three numbers and a checksum of 32 bits. */
export const BATCH_ID_BYTES_MAX = 1 + ID_BYTES + 3 * VARINT_BYTES_MAX + 5;
export const TALLY_BYTES_MAX = 1 + 2 * VARINT_BYTES_MAX;

export function writeBallot(writer: ByteWriter, ballot: Ballot): void {
  if (ballot.coordinator === NO_BALLOT.coordinator) {
    assert(ballot.reign === 0 && ballot.step === 0, 'a ballot has a coordinator', { ballot });
    writer.byte(0);
    return;
  }
  writer.byte(1 + ballot.step);
  writer.number(ballot.reign);
  writer.id(ballot.coordinator);
}

export function readBallot(reader: ByteReader): Ballot {
  const tag = reader.byte();
  if (tag === 0) return NO_BALLOT;
  if (tag > 2) throw new RangeError('a ballot in it has no kind');
  return { reign: reader.number(), coordinator: reader.id() as ProcessId, step: tag === 1 ? 0 : 1 };
}

export function readVote(reader: ByteReader): Vote {
  return { ballot: readBallot(reader), batch: { id: readBatchId(reader), body: reader.rest() } };
}

export function writeBatchId(writer: ByteWriter, id: BatchId): void {
  if (id === NO_OP_ID) {
    writer.byte(0);
    return;
  }
  const checksum = checksumOf(id);
  const kind = VALUE_KINDS.indexOf(valueKindOf(id));
  writer.byte(2 * kind + (checksum === null ? 1 : 2));
  assert(isBatchId(id), 'a stored batch has a batch id', { id });
  const { process, incarnation, since, sequence } = partsOf(id);
  writer.id(process);
  writer.number(incarnation);
  writer.number(since);
  writer.number(sequence);
  if (checksum !== null) writer.number(checksum);
}

function readBatchId(reader: ByteReader): BatchId {
  const tag = reader.byte();
  if (tag === 0) return NO_OP_ID;
  const kind = VALUE_KINDS[(tag - 1) >> 1];
  if (kind === undefined) throw new RangeError('a value in it is of a kind that this Treplica does not know');
  const process = reader.id() as ProcessId;
  const incarnation = reader.number();
  const since = reader.number() as Instance;
  const place = batchId(process, incarnation, reader.number(), since);
  const id = kind === 'messages' ? place : ofKind(kind, place);
  return tag % 2 === 1 ? id : boundTo(id, reader.number());
}

export function writeTally(writer: ByteWriter, { digest, bytes }: Tally): void {
  writer.byte(digest === null ? 0 : 1);
  writer.number(digest ?? 0);
  writer.number(bytes);
}

export function readTally(reader: ByteReader): Tally {
  const isKnown = reader.byte() === 1;
  const digest = reader.number();
  return { digest: isKnown ? digest : null, bytes: reader.number() };
}

export function writeCheckpoint(writer: ByteWriter, { next, position, chunks, bytes, digest }: Checkpoint): void {
  for (const number of [next, position, chunks, bytes]) writer.number(number);
  writeDigest(writer, digest);
}

function writeDigest(writer: ByteWriter, digest: string): void {
  for (const half of [digest.slice(0, 2 * ID_BYTES), digest.slice(2 * ID_BYTES)]) writer.id(half);
}

export function writeVerdict(writer: ByteWriter, verdict: Verdict | null): void {
  writer.byte(verdict === null ? 0 : 1);
  if (verdict === null) return;
  writer.number(verdict.next);
  writeDigest(writer, verdict.refuted);
  writeDigest(writer, verdict.upheld);
}

export function readVerdict(reader: ByteReader): Verdict | null {
  if (reader.byte() === 0) return null;
  return {
    next: reader.number() as Instance,
    refuted: reader.id() + reader.id(),
    upheld: reader.id() + reader.id(),
  };
}

export function writeBase(writer: ByteWriter, { from, digest }: GroupBase): void {
  writer.byte(digest === '' ? 0 : 1);
  if (digest === '') return;
  writer.number(from);
  writeDigest(writer, digest);
}

export function readBase(reader: ByteReader): GroupBase {
  if (reader.byte() === 0) return NO_BASE;
  return { from: reader.number() as Instance, digest: reader.id() + reader.id() };
}

export function readCheckpoint(reader: ByteReader): Checkpoint {
  return {
    next: reader.number() as Instance,
    position: reader.number() as Position,
    chunks: reader.number(),
    bytes: reader.number(),
    digest: reader.id() + reader.id(),
  };
}

export function foundingBytesMax({ signed, joined, refused, withdrawals }: FoundingRecord): number {
  const ofOne = ({ members }: Founding): number => 2 + 4 * VARINT_BYTES_MAX + (3 + members.length) * ID_BYTES;
  const ofWithdrawals = withdrawals.map(
    ({ founding, by }) => ofOne(founding) + VARINT_BYTES_MAX + by.length * ID_BYTES,
  );
  const ofOptional = (founding: Founding | null): number => 1 + (founding === null ? 0 : ofOne(founding));
  const fixed = 2 * VARINT_BYTES_MAX + refused.length * ID_BYTES;
  return ofWithdrawals.reduce((sum, bytes) => sum + bytes, fixed + ofOptional(signed) + ofOptional(joined));
}

export function writeFounding(writer: ByteWriter, { signed, joined, refused, withdrawals }: FoundingRecord): void {
  for (const founding of [signed, joined]) {
    writer.byte(founding ? 1 : 0);
    if (founding) writeOneFounding(writer, founding);
  }
  writer.ids(refused);
  writer.number(withdrawals.length);
  for (const { founding, by } of withdrawals) {
    writeOneFounding(writer, founding);
    writer.ids(by);
  }
}

export function readFounding(reader: ByteReader): FoundingRecord {
  const signed = reader.byte() === 0 ? null : readOneFounding(reader);
  const joined = reader.byte() === 0 ? null : readOneFounding(reader);
  const refused = reader.ids() as GroupId[];
  const withdrawals = readList(reader, () => ({
    founding: readOneFounding(reader),
    by: reader.ids() as ProcessId[],
  }));
  return { signed, joined, refused, withdrawals };
}

function writeOneFounding(writer: ByteWriter, { group, attempt, members, base, borderInstances }: Founding): void {
  writer.id(group);
  writer.number(attempt);
  writer.ids(members);
  writeBase(writer, base);
  writer.number(borderInstances);
}

function readOneFounding(reader: ByteReader): Founding {
  return {
    group: reader.id() as GroupId,
    attempt: reader.number(),
    members: reader.ids() as ProcessId[],
    base: readBase(reader),
    borderInstances: reader.number(),
  };
}

const START_BYTES_MAX = VARINT_BYTES_MAX + 2 * ID_BYTES;

export function startsBytesMax({ own, peers }: StartsRecord): number {
  const ofPeers = peers.map(({ starts }) => 1 + ID_BYTES + VARINT_BYTES_MAX + starts.length * START_BYTES_MAX);
  return ofPeers.reduce((sum, bytes) => sum + bytes, 1 + 2 * VARINT_BYTES_MAX + own.length * START_BYTES_MAX);
}

export function writeStarts(writer: ByteWriter, { own, peers, hasLostVotes }: StartsRecord): void {
  writer.byte(hasLostVotes ? 1 : 0);
  writeStartList(writer, own);
  writer.number(peers.length);
  for (const { process, starts, isForked } of peers) {
    writer.id(process);
    writer.byte(isForked ? 1 : 0);
    writeStartList(writer, starts);
  }
}

export function readStarts(reader: ByteReader): StartsRecord {
  const hasLostVotes = reader.byte() === 1;
  const own = readStartList(reader);
  const peers = readList(reader, () => ({
    process: reader.id() as ProcessId,
    isForked: reader.byte() === 1,
    starts: readStartList(reader),
  }));
  return { own, peers, hasLostVotes };
}

function writeStartList(writer: ByteWriter, starts: readonly Start[]): void {
  writer.number(starts.length);
  for (const { incarnation, nonce } of starts) {
    writer.number(incarnation);
    writeDigest(writer, nonce);
  }
}

function readStartList(reader: ByteReader): Start[] {
  return readList(reader, () => ({ incarnation: reader.number(), nonce: (reader.id() + reader.id()) as Nonce }));
}

/** However long the list claims to be, reading ends with the bytes at the latest. */
function readList<T>(reader: ByteReader, read: () => T): T[] {
  const values: T[] = [];
  for (let count = reader.number(); count > 0; count -= 1) values.push(read());
  return values;
}

export function writeKeys(writer: ByteWriter, { number, sendingId, removedUpTo, decidedAt }: KeyRecord): void {
  for (const value of [number, sendingId ?? 0, removedUpTo, decidedAt]) writer.number(value);
}

export function readKeys(reader: ByteReader): KeyRecord {
  const number = reader.number();
  const sendingId = reader.number();
  return {
    number,
    sendingId: sendingId === 0 ? null : sendingId,
    removedUpTo: reader.number(),
    decidedAt: reader.number() as Instance,
  };
}
