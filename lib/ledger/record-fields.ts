/** How the parts that stored records are made of are written as bytes, and read. */
import { assert } from '../model/assert.js';
import { NO_BALLOT, type Ballot } from '../model/ballot.js';
import { NO_BASE, type GroupBase } from '../model/base.js';
import { batchId, isBatchId, NO_OP_ID, partsOf, type BatchId } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { GroupId, Instance, Position, ProcessId } from '../model/ids.js';
import type { Founding, FoundingRecord, Vote } from '../model/records.js';
import { View, type ViewRecord } from '../model/view.js';
import { ID_BYTES, NUMBER_BYTES_MAX, type ByteReader, type ByteWriter } from './binary.js';
import type { Tally } from './inventory.js';

export const BALLOT_BYTES_MAX = 1 + NUMBER_BYTES_MAX + ID_BYTES;
export const BATCH_ID_BYTES_MAX = 1 + ID_BYTES + 2 * NUMBER_BYTES_MAX;
export const TALLY_BYTES_MAX = 1 + 2 * NUMBER_BYTES_MAX;

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
  writer.byte(id === NO_OP_ID ? 0 : 1);
  if (id === NO_OP_ID) return;
  assert(isBatchId(id), 'a stored batch has a batch id', { id });
  const { process, incarnation, sequence } = partsOf(id);
  writer.id(process);
  writer.number(incarnation);
  writer.number(sequence);
}

function readBatchId(reader: ByteReader): BatchId {
  return reader.byte() === 0 ? NO_OP_ID : batchId(reader.id() as ProcessId, reader.number(), reader.number());
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

export function writeFounding(writer: ByteWriter, { signed, refused }: FoundingRecord): void {
  writer.byte(signed ? 1 : 0);
  if (signed) {
    writer.id(signed.group);
    writer.number(signed.attempt);
    writer.ids(signed.members);
    writeBase(writer, signed.base);
  }
  writer.ids(refused);
}

export function readFounding(reader: ByteReader): FoundingRecord {
  const signed: Founding | null =
    reader.byte() === 0
      ? null
      : {
          group: reader.id() as GroupId,
          attempt: reader.number(),
          members: reader.ids() as ProcessId[],
          base: readBase(reader),
        };
  return { signed, refused: reader.ids() as GroupId[] };
}

export function readView(reader: ByteReader): ViewRecord {
  const number = reader.number();
  const from = reader.number() as Instance;
  return { view: new View(number, reader.ids() as ProcessId[]), from };
}
