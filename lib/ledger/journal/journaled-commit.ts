import { ByteReader, ByteWriter } from '../../bytes/binary.js';
import { VARINT_BYTES_MAX } from '../../bytes/varint.js';
import type { Instance } from '../../model/ids.js';
import type { Changes, RecordKey } from '../records/inventory.js';

/** The writes of one commit of one queue, as they are kept in the journal until LMDB has them. */
export interface JournaledCommit {
  /** The queue's, as its tables are named. */
  readonly queueName: string;
  /** By key, encoded; null is removed. */
  readonly values: ReadonlyMap<RecordKey, Buffer | null>;
  readonly inventory: Buffer;
  /** The log below it goes. */
  readonly start: Instance;
}

const ENTRY = 0;
const META = 1;
const META_REMOVED = 2;

/** The values of changes; of the log nothing is removed but what is below its start. */
export function valuesOf(changes: Changes): Map<RecordKey, Buffer | null> {
  const values = new Map<RecordKey, Buffer | null>();
  for (const [key, change] of changes) {
    if (change !== null) values.set(key, change.value);
    else if (typeof key === 'string') values.set(key, null);
  }
  return values;
}

/** At least the bytes that `encodeCommits` will take for it. */
export function commitBytesMax({ queueName, values, inventory }: JournaledCommit): number {
  let bytes = 3 * queueName.length + inventory.length + 5 * VARINT_BYTES_MAX;
  for (const [key, value] of values) {
    bytes += 1 + 2 * VARINT_BYTES_MAX + (typeof key === 'string' ? 3 * key.length : 0) + (value?.length ?? 0);
  }
  return bytes;
}

/** Writes commits of one frame into `target`, which is large enough, and returns that part of it. */
export function encodeCommits(target: Buffer, commits: readonly JournaledCommit[]): Buffer {
  const writer = new ByteWriter(target, 0);
  writer.number(commits.length);
  for (const commit of commits) writeCommit(writer, commit);
  return writer.written();
}

function writeCommit(writer: ByteWriter, { queueName, values, inventory, start }: JournaledCommit): void {
  writeSized(writer, Buffer.from(queueName));
  writer.number(start);
  writeSized(writer, inventory);
  writer.number(values.size);
  for (const [key, value] of values) {
    if (typeof key === 'number') {
      writer.byte(ENTRY);
      writer.number(key);
    } else {
      writer.byte(value === null ? META_REMOVED : META);
      writeSized(writer, Buffer.from(key));
    }
    if (value !== null) writeSized(writer, value);
  }
}

/** @throws RangeError where the bytes cannot have been written by `encodeCommits` */
export function decodeCommits(bytes: Buffer): JournaledCommit[] {
  const reader = new ByteReader(bytes);
  const commits: JournaledCommit[] = [];
  for (let left = reader.number(); left > 0; left -= 1) commits.push(readCommit(reader));
  reader.end();
  return commits;
}

function readCommit(reader: ByteReader): JournaledCommit {
  const queueName = readSized(reader).toString();
  const start = reader.number() as Instance;
  const inventory = readSized(reader);
  const values = new Map<RecordKey, Buffer | null>();
  for (let left = reader.number(); left > 0; left -= 1) {
    const kind = reader.byte();
    const key = kind === ENTRY ? (reader.number() as Instance) : readSized(reader).toString();
    values.set(key, kind === META_REMOVED ? null : readSized(reader));
  }
  return { queueName, values, inventory, start };
}

function writeSized(writer: ByteWriter, bytes: Buffer): void {
  writer.number(bytes.length);
  writer.raw(bytes);
}

function readSized(reader: ByteReader): Buffer {
  return reader.raw(reader.number());
}
