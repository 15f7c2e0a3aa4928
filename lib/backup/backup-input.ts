import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

import { readAt } from '../bytes/read-at.js';
import { TreplicaError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import {
  type BackupEnd,
  type BackupEntries,
  type BackupHeader,
  BEGINNING_BYTES,
  checkBeginning,
  decodeEnd,
  decodeEntries,
  decodeHeader,
  decodeRecordHead,
  DIGEST_BYTES,
  isSound,
  RECORD_HEAD_BYTES,
  type RecordKind,
} from './backup-format.js';

/** A place between two records. */
interface Mark {
  readonly offset: number;
  /** Of the record that begins there. */
  readonly index: number;
}

interface StoredRecord {
  readonly kind: RecordKind;
  readonly head: Buffer;
  readonly payload: Buffer;
  /** Where it begins, and where the next one does. */
  readonly at: Mark;
  readonly next: Mark;
}

const FIRST: Mark = { offset: BEGINNING_BYTES, index: 0 };

/** A backup that has been read as a whole once and found to be what was written. */
export class BackupInput {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #chunks: Mark;

  /** @throws TreplicaError BACKUP_NOT_READABLE, BACKUP_DAMAGED or BACKUP_VERSION */
  static async open(path: string): Promise<BackupInput> {
    const file = await open(path, 'r').catch((cause: unknown) => {
      throw notReadable(path, cause);
    });
    try {
      const { header, end, digest, chunks } = await verify(file, path);
      return new BackupInput(file, path, header, end, digest, chunks);
    } catch (error) {
      await file.close();
      throw typeof (error as NodeJS.ErrnoException).errno === 'number' ? notReadable(path, error) : error;
    }
  }

  private constructor(
    file: FileHandle,
    path: string,
    readonly header: BackupHeader,
    readonly end: BackupEnd,
    /** SHA-256, 64 hexadecimal digits. */
    readonly digest: string,
    chunks: Mark,
  ) {
    this.#file = file;
    this.#path = path;
    this.#chunks = chunks;
  }

  /** The log, ascending. */
  async *entries(): AsyncGenerator<BackupEntries> {
    for await (const { kind, payload } of recordsFrom(this.#file, this.#path, FIRST)) {
      if (kind === 'entries') yield decodeEntries(payload);
      else if (kind !== 'header') return;
    }
  }

  /** The chunks of the checkpoint, in order. */
  async *chunks(): AsyncGenerator<Buffer> {
    for await (const { kind, payload } of recordsFrom(this.#file, this.#path, this.#chunks)) {
      if (kind === 'chunk') yield payload;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

interface Verified {
  readonly header: BackupHeader;
  readonly end: BackupEnd;
  readonly digest: string;
  readonly chunks: Mark;
}

async function verify(file: FileHandle, path: string): Promise<Verified> {
  const beginning = await readAt(file, BEGINNING_BYTES, 0);
  checkBeginning(beginning, path);
  const hash = createHash('sha256').update(beginning);
  const contents = new Contents(path);
  let last = FIRST;
  for await (const record of recordsFrom(file, path, FIRST)) {
    hash.update(record.head).update(record.payload);
    contents.take(record);
    last = record.next;
  }
  const digest = hash.digest();
  const written = await readAt(file, DIGEST_BYTES + 1, last.offset);
  if (!written.equals(digest)) throw damaged(path, 'the digest at its end is not that of the file');
  return { ...contents.complete(), digest: digest.toString('hex') };
}

/** Whether records are those of one backup, in order and complete. */
class Contents {
  readonly #path: string;
  #header: BackupHeader | null = null;
  #next = 0 as Instance;
  #chunks: Mark | null = null;
  #chunksLeft = 0;
  #end: BackupEnd | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  take({ kind, payload, at }: StoredRecord): void {
    if (this.#header === null || kind === 'header') this.#takeHeader(kind, payload, at);
    else if (kind === 'entries') this.#takeEntries(decodeEntries(payload), this.#header);
    else {
      this.#chunks ??= at;
      if (kind === 'chunk') this.#chunksLeft -= 1;
      else this.#end = decodeEnd(payload);
    }
  }

  complete(): Omit<Verified, 'digest'> {
    const [header, chunks, end] = [this.#header, this.#chunks, this.#end];
    const isComplete = this.#next === header?.watermark && this.#chunksLeft === 0;
    if (header === null || chunks === null || end === null || !isComplete) {
      throw damaged(this.#path, 'a part of it is missing');
    }
    return { header, chunks, end };
  }

  #takeHeader(kind: RecordKind, payload: Buffer, at: Mark): void {
    if (kind !== 'header' || at.index > 0) throw damaged(this.#path, 'its records are in no order');
    this.#header = decodeHeader(payload);
    this.#next = this.#header.start;
    this.#chunksLeft = this.#header.checkpoint?.chunks ?? 0;
  }

  #takeEntries({ from, batches }: BackupEntries, { watermark }: BackupHeader): void {
    const next = (from + batches.length) as Instance;
    if (from !== this.#next || next > watermark || this.#chunks !== null) {
      throw damaged(this.#path, 'its log has a gap or is too long');
    }
    this.#next = next;
  }
}

/** The records from `mark` on, to the `end`. */
async function* recordsFrom(file: FileHandle, path: string, mark: Mark): AsyncGenerator<StoredRecord> {
  let at = mark;
  for (;;) {
    const record = await readRecord(file, path, at);
    yield record;
    if (record.kind === 'end') return;
    at = record.next;
  }
}

async function readRecord(file: FileHandle, path: string, at: Mark): Promise<StoredRecord> {
  const head = await readAt(file, RECORD_HEAD_BYTES, at.offset);
  if (head.length < RECORD_HEAD_BYTES) throw damaged(path, 'it is cut short');
  const decoded = decodeRecordHead(head);
  if (decoded === null) throw damaged(path, `record ${at.index} has no known kind or length`);
  const { size } = await file.stat();
  const start = at.offset + RECORD_HEAD_BYTES;
  if (decoded.length > size - start) throw damaged(path, 'it is cut short');
  const payload = await readAt(file, decoded.length, start);
  if (!isSound(decoded, at.index, payload)) throw damaged(path, `the checksum of record ${at.index} is wrong`);
  return { kind: decoded.kind, head, payload, at, next: { offset: start + decoded.length, index: at.index + 1 } };
}

/** For a file that the system does not let this process read: nothing is known of its contents. */
function notReadable(path: string, cause: unknown): TreplicaError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : message;
  return new TreplicaError(
    'BACKUP_NOT_READABLE',
    `The backup ${path} cannot be read: ${why}. Name the file of a backup that this process may read.`,
    { cause },
  );
}

function damaged(path: string, why: string): TreplicaError {
  return new TreplicaError(
    'BACKUP_DAMAGED',
    `The backup ${path} is damaged: ${why}. Nothing of it is used: take another copy of it, or another backup.`,
  );
}
