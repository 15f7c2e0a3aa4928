import { TreplicaError } from '../model/errors.js';

/**
 * The first byte of every message of a queue: the version of the format in its high four bits, and in its low four bits what
 * follows. This byte alone says whether a message is for a state machine or for a reader, never what the process has loaded: so
 * every process passes over the same messages. A byte that this release does not know is never passed over, because a later
 * release may execute what follows: see `unknownHead`.
 */
export const MessageHead = {
  /** Bytes as they were put. */
  raw: 0x10,
  /** Any value that the codec carries. */
  value: 0x11,
  /** An operation of the application, on the application's state. */
  operation: 0x12,
  /** An operation of Treplica, on the system state. */
  systemOperation: 0x13,
} as const;

/** The head of a message, of whatever version. A message of no bytes has none: it is nothing to anybody, in every version. */
export const MESSAGE_HEAD_BYTES = 1;

const FORMAT = 1;

const NAMES: ReadonlyMap<number, string> = new Map([
  [MessageHead.raw, 'raw bytes'],
  [MessageHead.value, 'a value'],
  [MessageHead.operation, 'an operation'],
  [MessageHead.systemOperation, 'an operation of Treplica'],
]);

/** Words for the kind of a message with this first byte, for error messages. Undefined for a message of no bytes. */
export function describeHead(head: number | undefined): string {
  if (head === undefined) return 'a message without a head';
  return NAMES.get(head) ?? `of kind ${head & 0xf} in message format ${head >>> 4}`;
}

/** For the message at `position`, whose first byte is `head`: a version or a kind that this release does not know. */
export function unknownHead(head: number, position: number): TreplicaError {
  const kinds = [...NAMES.keys()].map((known) => known & 0xf).join(', ');
  return new TreplicaError(
    'MESSAGE_VERSION',
    `The message at position ${position} is ${describeHead(head)}, and this Treplica reads format ${FORMAT} with the kinds ${kinds}. A later release has put it, and may act on it: run a release that knows it at every process.`,
  );
}
