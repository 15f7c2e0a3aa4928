import type { Instance, ProcessId } from './ids.js';

declare const batchIdBrand: unique symbol;

/**
 * Names a batch for ever: `process.start.since.sequence`, where the number of the start holds its incarnation, and behind a
 * hyphen the CRC-32 of its body, so that two bodies never share an id but by an accident of one in four thousand million. A
 * string, because it is compared, used as a key and sent far more often than it is taken apart. The character behind the
 * process names the kind of the value, see `ValueKind`.
 */
export type BatchId = string & { readonly [batchIdBrand]: true };

/**
 * The purpose of a value: messages of the application; a change of the view; or a decision of the engine for itself. Only
 * batches of messages have a place in the order of their proposer.
 */
export type ValueKind = 'messages' | 'view' | 'engine';

/** All kinds, in the order of their numbers in stored records and in bodies. */
export const VALUE_KINDS: readonly ValueKind[] = ['messages', 'view', 'engine'];

/** The character behind the process in an id, by kind. */
const MARKS = { messages: '.', view: 'v', engine: 'e' } as const satisfies Record<ValueKind, string>;
const MARK_AT = 16;
const MARK_OF_MESSAGES = MARKS.messages.charCodeAt(0);
const MARK_OF_VIEW = MARKS.view.charCodeAt(0);
const MARK_OF_ENGINE = MARKS.engine.charCodeAt(0);

/**
 * The value that fills an instance without a batch; it is never delivered. It is no value of the kind `engine`, as it has no
 * proposer, no start and no body: a coordinator that has nothing to propose needs none of them, and no process ever lacks it.
 */
export const NO_OP_ID = '' as BatchId;

/**
 * The value that an instance decides: an ordered list of messages of one proposer, or a value of another kind. To consensus,
 * ledger and transport the body is opaque; the queue packs and unpacks it.
 */
export interface Batch {
  readonly id: BatchId;
  readonly body: Uint8Array;
}

export interface BatchIdParts {
  readonly process: ProcessId;
  /** Names the start that made the batch, see `startNumber`: it rises with each, and no two starts share one. At least 1. */
  readonly incarnation: number;
  /** Names the series that the batch belongs to: its proposer knew everything below to be decided when it began to count. */
  readonly since: Instance;
  /** Counts the batches of one series from 0. In values of other kinds it is only a number that tells them apart. */
  readonly sequence: number;
}

export const NO_OP: Batch = { id: NO_OP_ID, body: new Uint8Array(0) };

export function batchId(process: ProcessId, incarnation: number, sequence: number, since = 0 as Instance): BatchId {
  return `${process}.${String(incarnation)}.${String(since)}.${String(sequence)}` as BatchId;
}

/** The same id for a value of this kind. Not to be asked of the no-op. */
export function ofKind(kind: ValueKind, id: BatchId): BatchId {
  return `${id.slice(0, MARK_AT)}${MARKS[kind]}${id.slice(MARK_AT + 1)}` as BatchId;
}

/** Whether the id names a batch of messages: not for the no-op, nor for values of other kinds. */
export function isOfMessages(id: BatchId): boolean {
  return id.charCodeAt(MARK_AT) === MARK_OF_MESSAGES;
}

/** Whether the id names a change of the view: not for the no-op. */
export function isOfView(id: BatchId): boolean {
  return id.charCodeAt(MARK_AT) === MARK_OF_VIEW;
}

/** Whether the id names a decision of the engine for itself: not for the no-op. */
export function isOfEngine(id: BatchId): boolean {
  return id.charCodeAt(MARK_AT) === MARK_OF_ENGINE;
}

/** Not to be asked of the no-op. */
export function valueKindOf(id: BatchId): ValueKind {
  if (isOfMessages(id)) return 'messages';
  return isOfView(id) ? 'view' : 'engine';
}

/** The same id, bound to a body with this CRC-32. */
export function boundTo(id: BatchId, checksum: number): BatchId {
  return `${id}-${String(checksum)}` as BatchId;
}

/** The CRC-32 of the body that the id is bound to; null where it is bound to none. */
export function checksumOf(id: BatchId): number | null {
  const hyphen = id.indexOf('-', 17);
  return hyphen < 0 ? null : Number(id.slice(hyphen + 1));
}

/** The process that has made the batch. Not to be asked of the no-op. */
export function processOf(id: BatchId): ProcessId {
  return id.slice(0, 16) as ProcessId;
}

/** The latest id that was taken apart, and what those of its series begin with: both come several times in a row. */
let latestTaken: { readonly id: BatchId; readonly prefix: string; readonly parts: BatchIdParts } | null = null;

export function partsOf(id: BatchId): BatchIdParts {
  if (latestTaken?.id !== id) latestTaken = takenApart(id, latestTaken);
  return latestTaken.parts;
}

function takenApart(id: BatchId, latest: typeof latestTaken): NonNullable<typeof latestTaken> {
  const known = latest !== null && id.startsWith(latest.prefix) ? latest : seriesOf(id);
  const { process, incarnation, since } = known.parts;
  const hyphen = id.indexOf('-', known.prefix.length);
  const sequence = Number(hyphen < 0 ? id.slice(known.prefix.length) : id.slice(known.prefix.length, hyphen));
  return { id, prefix: known.prefix, parts: { process, incarnation, since, sequence } };
}

function seriesOf(id: BatchId): { readonly prefix: string; readonly parts: Omit<BatchIdParts, 'sequence'> } {
  const second = id.indexOf('.', 17);
  const third = id.indexOf('.', second + 1);
  const incarnation = Number(id.slice(17, second));
  const since = Number(id.slice(second + 1, third)) as Instance;
  return { prefix: id.slice(0, third + 1), parts: { process: processOf(id), incarnation, since } };
}

/** The id without the checksum that binds it to a body: names the place of the batch in its series. */
export function placeOf(id: BatchId): BatchId {
  const hyphen = id.indexOf('-', 17);
  return hyphen < 0 ? id : (id.slice(0, hyphen) as BatchId);
}

const BATCH_ID_PATTERN =
  /^[0-9a-f]{16}[.ve](?:[1-9]\d{0,14}|[1-8]\d{15})\.(?:0|[1-9]\d{0,14}|[1-4]\d{15})\.(?:0|[1-9]\d{0,14})(?:-(?:0|[1-9]\d{0,9}))?$/;
const CHECKSUM_MAX = String(2 ** 32 - 1);

/** The latest text that was found to be an id: a batch is mostly named several times in a row. */
let latest = NO_OP_ID;

/** Whether `text`, which came from outside, is a batch id or the no-op's. */
export function isBatchId(text: unknown): text is BatchId {
  if (text === latest || text === NO_OP_ID) return true;
  if (typeof text !== 'string' || !BATCH_ID_PATTERN.test(text)) return false;
  const hyphen = text.indexOf('-', 17);
  // Digits of equal number are in the order of what they say.
  if (hyphen > 0 && text.length - hyphen - 1 === CHECKSUM_MAX.length && text.slice(hyphen + 1) > CHECKSUM_MAX)
    return false;
  latest = text as BatchId;
  return true;
}
