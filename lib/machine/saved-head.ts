/**
 * The first piece of every saved state. Big endian:
 *
 * magic (6), format version (u8), decided time in milliseconds since 1970 (f64), number of parts (u8), kind of each part (u8)
 *
 * The pieces of the parts follow in that order; each part says itself where it ends.
 */
import { TreplicaError } from '../model/errors.js';

/** The kind of a part of a saved state. */
const Part = { system: 1, application: 2 } as const;

/** The parts that a state is saved in, in their order. */
const PARTS: readonly number[] = [Part.system, Part.application];

const MAGIC = Buffer.from('TREPSM');
/** Version 1 had only the time in this piece, and then the application's state. */
const VERSION = 2;
const VERSION_1_BYTES = 8;

const VERSION_AT = MAGIC.length;
const TIME_AT = VERSION_AT + 1;
const COUNT_AT = TIME_AT + 8;
const PARTS_AT = COUNT_AT + 1;

/** @param timeMs the decided time, in milliseconds since 1970 */
export function encodeSavedHead(timeMs: number): Buffer {
  const head = Buffer.alloc(PARTS_AT + PARTS.length);
  MAGIC.copy(head);
  head[VERSION_AT] = VERSION;
  head.writeDoubleBE(timeMs, TIME_AT);
  head[COUNT_AT] = PARTS.length;
  head.set(PARTS, PARTS_AT);
  return head;
}

/**
 * The decided time, in milliseconds since 1970.
 * @throws TreplicaError LEDGER_VERSION for the head of another version, MALFORMED_BYTES for what is no head
 */
export function decodeSavedHead(piece: Uint8Array): number {
  const head = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  if (head.length === VERSION_1_BYTES) throw anotherVersion(1);
  const version = head[VERSION_AT];
  if (version === undefined || !head.subarray(0, MAGIC.length).equals(MAGIC)) throw malformedState();
  if (version !== VERSION) throw anotherVersion(version);
  if (head[COUNT_AT] !== PARTS.length || !head.subarray(PARTS_AT).equals(Buffer.from(PARTS))) throw malformedState();
  return head.readDoubleBE(TIME_AT);
}

function anotherVersion(version: number): TreplicaError {
  return new TreplicaError(
    'LEDGER_VERSION',
    `The checkpoint holds a state in format version ${version}, and this Treplica reads ${VERSION}. Run the Treplica that wrote it.`,
  );
}

/** For a checkpoint that was not made by a state machine. */
export function malformedState(): TreplicaError {
  return new TreplicaError('MALFORMED_BYTES', 'The checkpoint is not one of a state machine: something else wrote it.');
}
