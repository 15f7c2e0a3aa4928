import { crc32 } from 'node:zlib';

import { type Batch, type BatchId, batchId, boundTo, checksumOf, NO_OP_ID, valueKindOf } from '../model/batch.js';
import { isBody } from './batch-body.js';
import type { Series } from './delivery-table.js';
import { unpackKeyChange } from './key-change.js';
import { unpackChange } from './view-change.js';

/** The id of a batch, bound to its body. */
export function idOfBody({ process, incarnation, since }: Series, sequence: number, body: Uint8Array): BatchId {
  return boundTo(batchId(process, incarnation, sequence, since), crc32(body));
}

/**
 * Whether a batch that has come from outside is one that a proposer can have made: its id names this very body, and the body
 * is of the kind that the id says and, where it holds messages or a change, can be unpacked.
 */
export function isSound({ id, body }: Batch): boolean {
  if (id === NO_OP_ID || checksumOf(id) !== crc32(body)) return false;
  const kind = valueKindOf(id);
  switch (kind) {
    case 'messages':
      return isBody(kind, body);
    case 'view':
      return unpackChange(body) !== null;
    case 'engine':
      return unpackKeyChange(body) !== null;
  }
}
