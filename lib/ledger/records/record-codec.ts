import { crc32 } from 'node:zlib';

import { ByteReader, ByteWriter, ID_BYTES } from '../../bytes/binary.js';
import { VARINT_BYTES_MAX } from '../../bytes/varint.js';
import { decodeView, encodeView } from '../../bytes/view-codec.js';
import type { GroupId, Instance, ProcessId } from '../../model/ids.js';
import type { LedgerRecord, LogEntry } from '../../model/records.js';
import { damaged } from '../ledger-errors.js';
import type { InventoryRecord, Tally } from './inventory.js';
import {
  BALLOT_BYTES_MAX,
  BATCH_ID_BYTES_MAX,
  foundingBytesMax,
  readBallot,
  readBase,
  readCheckpoint,
  readFounding,
  readKeys,
  readStarts,
  readTally,
  readVerdict,
  readVote,
  startsBytesMax,
  TALLY_BYTES_MAX,
  writeBallot,
  writeBase,
  writeBatchId,
  writeCheckpoint,
  writeFounding,
  writeKeys,
  writeStarts,
  writeTally,
  writeVerdict,
} from './record-fields.js';
import { isSealed, seal, SEAL_BYTES, unseal } from './seal.js';

/** A record that is kept outside the log: there are few, and most are overwritten again and again. */
export type MetaRecord =
  | Exclude<LedgerRecord, { readonly kind: 'entry' | 'repair' | 'truncation' | 'dissolution' }>
  | { readonly kind: 'start'; readonly start: Instance }
  /** Of a segment all of which is decided. */
  | { readonly kind: 'segment'; readonly number: number; readonly tally: Tally };

/** Everything of a log entry but the body of its batch. */
const ENTRY_BYTES_MAX = SEAL_BYTES + BALLOT_BYTES_MAX + 1 + BALLOT_BYTES_MAX + BATCH_ID_BYTES_MAX;

const INVENTORY_BYTES_MAX = SEAL_BYTES + 3 * VARINT_BYTES_MAX + TALLY_BYTES_MAX;

const VIEW_KEY = 'view/';
const KEYS_KEY = 'keys/';
const SEGMENT_KEY = 'segment/';
/** The key that an inventory is bound to, wherever it lies. */
export const INVENTORY_KEY = 'inventory';

/** The key that a record is stored under; views, states of keys and segments are kept each, of everything else the last. */
export function metaKey(record: MetaRecord): string {
  switch (record.kind) {
    case 'view':
      return numbered(VIEW_KEY, record.record.view.number);
    case 'keys':
      return numbered(KEYS_KEY, record.record.number);
    case 'segment':
      return segmentKey(record.number);
    default:
      return record.kind;
  }
}

/** Whether a record under this key says that its process belongs to a group, or goes on from a backup of one. */
export function saysGroup(key: string): boolean {
  return key.startsWith(VIEW_KEY) || key === 'base';
}

/** Whether the record under `key` tells who the process is in its group, or what it has promised there. */
export function isOfGroup(key: string): boolean {
  return key === 'identity' || key === 'promise' || key.startsWith(VIEW_KEY) || key.startsWith(KEYS_KEY);
}

export function segmentKey(number: number): string {
  return numbered(SEGMENT_KEY, number);
}

function numbered(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(16, '0')}`;
}

/**
 * The binary form of one queue's records, the same in every implementation of the ledger. A value is bound to its
 * queue and its key by its seal.
 */
export class RecordCodec {
  readonly #queueCrc: number;

  /** @param place where the ledger is, for messages: 'in /var/lib/auction' */
  constructor(
    readonly queueId: string,
    readonly place: string,
  ) {
    this.#queueCrc = crc32(queueId);
  }

  /** One allocation and one copy of the body: this is on the path of every vote. */
  encodeEntry(entry: LogEntry): Buffer {
    const { instance, promised, vote } = entry;
    const writer = new ByteWriter(Buffer.allocUnsafe(ENTRY_BYTES_MAX + (vote?.batch.body.length ?? 0)), SEAL_BYTES);
    writeBallot(writer, promised);
    writer.byte(vote ? 1 : 0);
    if (vote) {
      writeBallot(writer, vote.ballot);
      writeBatchId(writer, vote.batch.id);
      writer.raw(vote.batch.body);
    }
    return seal(writer.written(), this.#keyCrc(entryKey(instance)));
  }

  /**
   * @param value is kept: the body is a part of it
   * @throws TreplicaError LEDGER_DAMAGED, naming the entry, or LEDGER_VERSION
   */
  decodeEntry(instance: Instance, value: Buffer): LogEntry {
    return this.#decode(entryKey(instance), `log entry ${instance}`, value, (reader) => ({
      instance,
      promised: readBallot(reader),
      vote: reader.byte() === 0 ? null : readVote(reader),
    }));
  }

  /** Whether `value` has been written for the entry at `instance`, lately or not. */
  isSound(instance: Instance, value: Buffer): boolean {
    return isSealed(value, this.#keyCrc(entryKey(instance)));
  }

  encodeMeta(record: MetaRecord): Buffer {
    const writer = new ByteWriter(Buffer.allocUnsafe(metaBytesMax(record)), SEAL_BYTES);
    writeMeta(writer, record);
    return seal(writer.written(), this.#keyCrc(metaKey(record)));
  }

  /** @throws TreplicaError LEDGER_DAMAGED, naming the record, or LEDGER_VERSION */
  decodeMeta(key: string, value: Buffer): MetaRecord {
    return this.#decode(key, nameOf(key), value, (reader) => readMeta(reader, key));
  }

  encodeInventory({ watermark, count, digest, open }: InventoryRecord): Buffer {
    const writer = new ByteWriter(Buffer.allocUnsafe(INVENTORY_BYTES_MAX), SEAL_BYTES);
    for (const number of [watermark, count, digest]) writer.number(number);
    writeTally(writer, open);
    return seal(writer.written(), this.#keyCrc(INVENTORY_KEY));
  }

  /** @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION */
  decodeInventory(value: Buffer): InventoryRecord {
    return this.#decode(INVENTORY_KEY, 'inventory', value, (reader) => ({
      watermark: reader.number() as Instance,
      count: reader.number(),
      digest: reader.number(),
      open: readTally(reader),
    }));
  }

  /** `name` with the queue and the place that it belongs to, for messages. */
  named(name: string): string {
    return `${name} of queue ${this.queueId} ${this.place}`;
  }

  #decode<T>(key: string, name: string, value: Buffer, read: (reader: ByteReader) => T): T {
    const fullName = this.named(name);
    const reader = new ByteReader(unseal(value, this.#keyCrc(key), fullName));
    try {
      const record = read(reader);
      reader.end();
      return record;
    } catch (cause) {
      throw damaged(fullName, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #keyCrc(key: string): number {
    return crc32(key, this.#queueCrc);
  }
}

function entryKey(instance: Instance): string {
  return `log/${instance}`;
}

function nameOf(key: string): string {
  if (key.startsWith(VIEW_KEY)) return `view ${String(Number(key.slice(VIEW_KEY.length)))}`;
  if (key.startsWith(KEYS_KEY)) return `state ${String(Number(key.slice(KEYS_KEY.length)))} of the keys`;
  if (key.startsWith(SEGMENT_KEY)) return `tally of segment ${String(Number(key.slice(SEGMENT_KEY.length)))}`;
  if (key === 'watermark') return 'decided watermark';
  return /^[a-z]+$/.test(key) ? `${key} record` : 'record under an unknown key';
}

function metaBytesMax(record: MetaRecord): number {
  if (record.kind === 'founding') return SEAL_BYTES + foundingBytesMax(record.founding);
  if (record.kind === 'starts') return SEAL_BYTES + startsBytesMax(record.starts);
  const viewBytes = record.kind === 'view' ? encodeView(record.record).length : 0;
  return SEAL_BYTES + 2 + 4 * VARINT_BYTES_MAX + 4 * ID_BYTES + viewBytes;
}

function writeMeta(writer: ByteWriter, record: MetaRecord): void {
  switch (record.kind) {
    case 'identity':
      writer.id(record.process);
      writer.number(record.incarnation);
      writer.byte(record.founds ? 1 : 0);
      break;
    case 'promise':
      writeBallot(writer, record.ballot);
      break;
    case 'watermark':
      writer.number(record.watermark);
      break;
    case 'founding':
      writeFounding(writer, record.founding);
      break;
    case 'view':
      writer.id(record.group);
      writer.number(record.borderInstances);
      writer.raw(encodeView(record.record));
      break;
    case 'checkpoint':
      writeCheckpoint(writer, record.checkpoint);
      break;
    case 'verdict':
      writeVerdict(writer, record.verdict);
      break;
    case 'base':
      writeBase(writer, record.base);
      break;
    case 'starts':
      writeStarts(writer, record.starts);
      break;
    case 'keys':
      writeKeys(writer, record.record);
      break;
    case 'start':
      writer.number(record.start);
      break;
    case 'segment':
      writeTally(writer, record.tally);
      break;
  }
}

function readMeta(reader: ByteReader, key: string): MetaRecord {
  switch (key) {
    case 'identity':
      return {
        kind: 'identity',
        process: reader.id() as ProcessId,
        incarnation: reader.number(),
        founds: reader.byte() === 1,
      };
    case 'promise':
      return { kind: 'promise', ballot: readBallot(reader) };
    case 'watermark':
      return { kind: 'watermark', watermark: reader.number() as Instance };
    case 'founding':
      return { kind: 'founding', founding: readFounding(reader) };
    case 'checkpoint':
      return { kind: 'checkpoint', checkpoint: readCheckpoint(reader) };
    case 'verdict':
      return { kind: 'verdict', verdict: readVerdict(reader) };
    case 'base':
      return { kind: 'base', base: readBase(reader) };
    case 'starts':
      return { kind: 'starts', starts: readStarts(reader) };
    case 'start':
      return { kind: 'start', start: reader.number() as Instance };
    default:
      if (key.startsWith(VIEW_KEY)) {
        const group = reader.id() as GroupId;
        return { kind: 'view', group, borderInstances: reader.number(), record: decodeView(reader.rest()) };
      }
      if (key.startsWith(KEYS_KEY)) return { kind: 'keys', record: readKeys(reader) };
      if (key.startsWith(SEGMENT_KEY))
        return { kind: 'segment', number: Number(key.slice(SEGMENT_KEY.length)), tally: readTally(reader) };
      throw new RangeError('there is no such kind of record');
  }
}
