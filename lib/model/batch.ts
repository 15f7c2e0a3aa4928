import type { ProcessId } from './ids.js';

declare const batchIdBrand: unique symbol;

/**
 * Names a batch for ever: `process.incarnation.sequence`. A string, because it is compared, used as a key and sent far
 * more often than it is taken apart.
 */
export type BatchId = string & { readonly [batchIdBrand]: true };

/** The value that fills an instance nobody needs; it is never delivered. */
export const NO_OP_ID = '' as BatchId;

/**
 * An ordered list of messages of one proposer: what an instance decides. To consensus, ledger and transport the body is
 * opaque; the queue packs and unpacks it.
 */
export interface Batch {
  readonly id: BatchId;
  readonly body: Uint8Array;
}

export interface BatchIdParts {
  readonly process: ProcessId;
  /** How often the process had been started when it made the batch; at least 1. */
  readonly incarnation: number;
  /** Counts the batches of one incarnation from 0. */
  readonly sequence: number;
}

export const NO_OP: Batch = { id: NO_OP_ID, body: new Uint8Array(0) };

export function batchId(process: ProcessId, incarnation: number, sequence: number): BatchId {
  return `${process}.${String(incarnation)}.${String(sequence)}` as BatchId;
}

export function partsOf(id: BatchId): BatchIdParts {
  const second = id.indexOf('.', 17);
  return {
    process: id.slice(0, 16) as ProcessId,
    incarnation: Number(id.slice(17, second)),
    sequence: Number(id.slice(second + 1)),
  };
}

const BATCH_ID_PATTERN = /^[0-9a-f]{16}\.[1-9]\d{0,14}\.(0|[1-9]\d{0,14})$/;

/** Whether `text`, which came from outside, is a batch id or the no-op's. */
export function isBatchId(text: unknown): text is BatchId {
  return typeof text === 'string' && (text === NO_OP_ID || BATCH_ID_PATTERN.test(text));
}
