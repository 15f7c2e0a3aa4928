/** The first chunk of every checkpoint: what the queue itself has to know to go on from there. The rest is the holder's state. */
import type { DeliveryRow } from '../consensus/delivery-table.js';
import { TreplicaError } from '../model/errors.js';
import type { GroupId, Position } from '../model/ids.js';
import { View, type ViewRecord } from '../model/view.js';
import type { CursorState, Mark } from './cursor.js';
import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

export interface CheckpointHead {
  readonly group: GroupId;
  /** All views that the group has had, ascending. */
  readonly views: readonly ViewRecord[];
  readonly cursor: CursorState;
}

const FORMAT_VERSION = 1;

export function encodeHead({ group, views, cursor }: CheckpointHead): Uint8Array {
  const out = new WireWriter().byte(FORMAT_VERSION).id(group).list(views, writeView);
  writeMark(out, cursor);
  writeMark(out, cursor.boundary);
  return out.list(cursor.delivered, writeRow).finish();
}

/**
 * What `encodeHead` encoded.
 * @throws TreplicaError LEDGER_VERSION for one that a later Treplica wrote, MALFORMED_BYTES for what is none.
 */
export function decodeHead(bytes: Buffer): CheckpointHead {
  const input = new WireReader(bytes);
  const version = input.byte(255);
  if (version !== FORMAT_VERSION) {
    throw new TreplicaError(
      'LEDGER_VERSION',
      `The checkpoint has format version ${String(version)}, and this Treplica reads ${String(FORMAT_VERSION)}: run the one that wrote it.`,
    );
  }
  const group = input.groupId();
  const views = input.list(readView);
  const mark = readMark(input);
  const boundary = readMark(input);
  const delivered = input.list(readRow);
  input.end();
  return { group, views, cursor: { ...mark, boundary, delivered } };
}

function writeView(out: WireWriter, { view, from }: ViewRecord): void {
  out.natural(view.number).natural(from).list(view.members, writeId);
}

function readView(input: WireReader): ViewRecord {
  const number = input.natural();
  const from = input.instance();
  return { view: new View(number, input.list(readProcess)), from };
}

function writeMark(out: WireWriter, { next, position, bytes }: Mark): void {
  out.natural(next).natural(position).natural(bytes);
}

function readMark(input: WireReader): Mark {
  return { next: input.instance(), position: input.natural() as Position, bytes: input.natural() };
}

function writeRow(out: WireWriter, { process, incarnation, upTo, beyond }: DeliveryRow): void {
  out.id(process).natural(incarnation).natural(upTo).list(beyond, writeNatural);
}

function readRow(input: WireReader): DeliveryRow {
  return {
    process: input.processId(),
    incarnation: input.natural(),
    upTo: input.natural(),
    beyond: input.list(readNatural),
  };
}

function writeId(out: WireWriter, id: string): void {
  out.id(id);
}

function readProcess(input: WireReader) {
  return input.processId();
}

function writeNatural(out: WireWriter, value: number): void {
  out.natural(value);
}

function readNatural(input: WireReader): number {
  return input.natural();
}
