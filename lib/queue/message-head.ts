/**
 * The first byte of every message of a queue: the version of the format in its high four bits, and in its low four bits what
 * follows. A reader passes over a message that is not for it because of this byte alone, never because of what the process
 * has loaded: so every process passes over the same messages.
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

/** The head of a message, of whatever version. */
export const MESSAGE_HEAD_BYTES = 1;

const FORMAT = 1;

const NAMES: ReadonlyMap<number, string> = new Map([
  [MessageHead.raw, 'raw bytes'],
  [MessageHead.value, 'a value'],
  [MessageHead.operation, 'an operation'],
  [MessageHead.systemOperation, 'an operation of Treplica'],
]);

/** What a message with this first byte is, for a message to a person. Undefined for a message of no bytes. */
export function describeHead(head: number | undefined): string {
  if (head === undefined) return 'a message without a head';
  const version = head >>> 4;
  if (version !== FORMAT) return `something of format version ${version}, where this Treplica reads ${FORMAT}`;
  return NAMES.get(head) ?? `something of the unknown kind ${head & 0xf}`;
}
