/**
 * The file of a backup: a beginning, records, and a digest of all that comes before it.
 *
 * beginning  magic (8), format version (u32)
 * record     kind (u8), length (u32), checksum (u32) of its place among the records, its kind and its payload; payload
 * digest     SHA-256 (32)
 *
 * The records are one `header`, `entries` by ascending instance, the chunks of the checkpoint in order, and one `end`. The
 * log comes first because the process that it is taken from may cut it at any moment. Numbers are little endian.
 */
import { crc32 } from 'node:zlib';

import { FieldReader } from '../bytes/field-reader.js';
import { FieldWriter } from '../bytes/field-writer.js';
import { readView, writeView } from '../bytes/view-codec.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { GroupId, Instance, Position } from '../model/ids.js';
import type { ViewRecord } from '../model/view.js';

/** The head of a backup, which says of what it is one. */
export interface BackupHeader {
  readonly queueId: string;
  /** The group that it was taken from; null where the process belonged to none yet. */
  readonly group: GroupId | null;
  readonly views: readonly ViewRecord[];
  /** Where the log in the backup begins: the end of its checkpoint, where there is one. */
  readonly start: Instance;
  /** Where it ends: the first instance that the backup knows nothing of. */
  readonly watermark: Instance;
  readonly checkpoint: Checkpoint | null;
}

/** The facts that are known once all of a backup has been gone through. */
export interface BackupEnd {
  /** Number of messages delivered below the watermark. */
  readonly position: Position;
}

/** A piece of the decided log: the batches at `from` and the instances after it. */
export interface BackupEntries {
  readonly from: Instance;
  readonly batches: readonly Batch[];
}

const KINDS = ['header', 'entries', 'chunk', 'end'] as const;

export type RecordKind = (typeof KINDS)[number];

/** The fields before the payload of a record. */
export interface RecordHead {
  readonly kind: RecordKind;
  readonly length: number;
  readonly crc: number;
}

const MAGIC = Buffer.from('TREPBACK');
const VERSION = 4;

export const BEGINNING_BYTES = MAGIC.length + 4;
export const RECORD_HEAD_BYTES = 9;
export const DIGEST_BYTES = 32;

/** No record is longer: none holds more than one batch or chunk, unless they are small. */
const RECORD_BYTES_MAX = Math.max(constants.checkpointChunkBytesMax, constants.messageBytesMax) + 1024 * 1024;

export function encodeBeginning(): Buffer {
  const bytes = Buffer.alloc(BEGINNING_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, MAGIC.length);
  return bytes;
}

/** @throws TreplicaError BACKUP_DAMAGED or BACKUP_VERSION */
export function checkBeginning(bytes: Buffer, path: string): void {
  if (bytes.length < BEGINNING_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new TreplicaError('BACKUP_DAMAGED', `File ${path} is not a backup of Treplica. Name one that is.`);
  }
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version === VERSION) return;
  throw new TreplicaError(
    'BACKUP_VERSION',
    `The backup ${path} has format version ${version}, and this Treplica reads ${VERSION}: restore it with the one that wrote it.`,
  );
}

export function encodeRecordHead(index: number, kind: RecordKind, payload: Uint8Array): Buffer {
  const { length } = payload;
  assert(length <= RECORD_BYTES_MAX, 'no record of a backup is longer than can be read back', { kind, length });
  const head = Buffer.alloc(RECORD_HEAD_BYTES);
  head.writeUInt8(KINDS.indexOf(kind), 0);
  head.writeUInt32LE(payload.length, 1);
  head.writeUInt32LE(checksum(index, kind, payload), 5);
  return head;
}

/** Null where the bytes are no head of a record. */
export function decodeRecordHead(head: Buffer): RecordHead | null {
  const kind = KINDS[head.readUInt8(0)];
  const length = head.readUInt32LE(1);
  return kind === undefined || length > RECORD_BYTES_MAX ? null : { kind, length, crc: head.readUInt32LE(5) };
}

/** Whether `payload` is that of the record at place `index`. */
export function isSound({ kind, length, crc }: RecordHead, index: number, payload: Buffer): boolean {
  return payload.length === length && checksum(index, kind, payload) === crc;
}

/** All but the views in JSON, for a person that looks into the file. */
export function encodeHeader({ views, ...rest }: BackupHeader): Buffer {
  return new FieldWriter()
    .bytes(Buffer.from(JSON.stringify(rest)))
    .list(views, writeView)
    .finish();
}

/** Of bytes that are sound. */
export function decodeHeader(bytes: Buffer): BackupHeader {
  const input = new FieldReader(bytes);
  const rest = JSON.parse(input.bytes().toString()) as Omit<BackupHeader, 'views'>;
  const views = input.list(readView);
  input.end();
  return { ...rest, views };
}

export function encodeEntries({ from, batches }: BackupEntries): Buffer {
  return new FieldWriter()
    .natural(from)
    .list(batches, (out, batch) => out.batch(batch))
    .finish();
}

/** The bodies are parts of `bytes`, not copies. */
export function decodeEntries(bytes: Buffer): BackupEntries {
  const input = new FieldReader(bytes);
  const entries = { from: input.instance(), batches: input.list((of) => of.batch()) };
  input.end();
  return entries;
}

export function encodeEnd({ position }: BackupEnd): Buffer {
  return new FieldWriter().natural(position).finish();
}

export function decodeEnd(bytes: Buffer): BackupEnd {
  const input = new FieldReader(bytes);
  const end = { position: input.natural() as Position };
  input.end();
  return end;
}

function checksum(index: number, kind: RecordKind, payload: Uint8Array): number {
  // The payload first: zlib forgets the checksum before where an empty one follows.
  return crc32(`${index}/${kind}`, crc32(payload));
}
