/** The first chunk of every checkpoint: the queue's own data to continue from there. The rest is the holder's state. */
import { FieldReader } from '../bytes/field-reader.js';
import { FieldWriter } from '../bytes/field-writer.js';
import { readView, writeView } from '../bytes/view-codec.js';
import { isOfMessages } from '../model/batch.js';
import { TreplicaError } from '../model/errors.js';
import type { GroupId, Position } from '../model/ids.js';
import type { KeyRecord } from '../model/keys.js';
import type { ViewRecord } from '../model/view.js';
import type { CursorState, Mark } from './cursor.js';
import type { DeliveryRow, DeliveryState, HeldBatch } from './delivery-table.js';

export interface CheckpointHead {
  readonly group: GroupId;
  /** All views that the group has had, ascending. */
  readonly views: readonly ViewRecord[];
  /** All states that the group's keys have had, ascending. */
  readonly keys: readonly KeyRecord[];
  readonly cursor: CursorState;
}

const FORMAT_VERSION = 4;

export function encodeHead({ group, views, keys, cursor }: CheckpointHead): Uint8Array {
  const out = new FieldWriter().byte(FORMAT_VERSION).id(group).list(views, writeView).list(keys, writeKeys);
  writeMark(out, cursor);
  writeMark(out, cursor.boundary);
  writeDelivered(out, cursor.delivered);
  return out.finish();
}

/**
 * Decodes a head that `encodeHead` made.
 * @throws TreplicaError LEDGER_VERSION for one that a later Treplica wrote, MALFORMED_BYTES for what is none.
 */
export function decodeHead(bytes: Buffer): CheckpointHead {
  const input = new FieldReader(bytes);
  const version = input.byte(255);
  if (version !== FORMAT_VERSION) {
    throw new TreplicaError(
      'LEDGER_VERSION',
      `The checkpoint has format version ${String(version)}, and this Treplica reads ${String(FORMAT_VERSION)}: run the one that wrote it.`,
    );
  }
  const group = input.groupId();
  const views = input.list(readView);
  const keys = input.list(readKeys);
  const mark = readMark(input);
  const boundary = readMark(input);
  const delivered = readDelivered(input);
  input.end();
  return { group, views, keys, cursor: { ...mark, boundary, delivered } };
}

function writeKeys(out: FieldWriter, { number, sendingId, removedUpTo, decidedAt }: KeyRecord): void {
  out
    .natural(number)
    .natural(sendingId ?? 0)
    .natural(removedUpTo)
    .natural(decidedAt);
}

function readKeys(input: FieldReader): KeyRecord {
  const number = input.natural();
  const sendingId = input.natural();
  return {
    number,
    sendingId: sendingId === 0 ? null : sendingId,
    removedUpTo: input.natural(),
    decidedAt: input.instance(),
  };
}

function writeMark(out: FieldWriter, { next, position, bytes }: Mark): void {
  out.natural(next).natural(position).natural(bytes);
}

function readMark(input: FieldReader): Mark {
  return { next: input.instance(), position: input.natural() as Position, bytes: input.natural() };
}

function writeDelivered(out: FieldWriter, { horizon, rows, held }: DeliveryState): void {
  out.natural(horizon).list(rows, writeRow).list(held, writeHeld);
}

function readDelivered(input: FieldReader): DeliveryState {
  return { horizon: input.instance(), rows: input.list(readRow), held: input.list(readHeld) };
}

function writeRow(out: FieldWriter, { process, incarnation, since, next, last }: DeliveryRow): void {
  out.id(process).natural(incarnation).natural(since).natural(next).natural(last);
}

function readRow(input: FieldReader): DeliveryRow {
  return {
    process: input.processId(),
    incarnation: input.natural(),
    since: input.instance(),
    next: input.natural(),
    last: input.instance(),
  };
}

function writeHeld(out: FieldWriter, { instance, batch }: HeldBatch): void {
  out.natural(instance).batch(batch);
}

function readHeld(input: FieldReader): HeldBatch {
  const instance = input.instance();
  const { id, body } = input.batch();
  if (!isOfMessages(id))
    throw new TreplicaError('MALFORMED_BYTES', 'The checkpoint holds back a batch that holds no messages.');
  // Not a part of the bytes that are read: it outlives them.
  return { instance, batch: { id, body: Buffer.from(body) } };
}
