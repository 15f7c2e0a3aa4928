import { beforeEach } from '@jest/globals';

import { type Ballot, ballotOf, NO_BALLOT } from '../../../lib/model/ballot.js';
import { type Batch, batchId } from '../../../lib/model/batch.js';
import type { Checkpoint } from '../../../lib/model/checkpoint.js';
import type { Instance, Position, ProcessId } from '../../../lib/model/ids.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import type { DeliveredBatch } from '../../../lib/queue/state-holder.js';
import { packBody } from '../../../lib/sequence/batch-body.js';
import { Agreement } from '../../../lib/simulation/checkers/agreement.js';

export const A = 'aaaaaaaaaaaaaaaa' as ProcessId;
export const B = 'bbbbbbbbbbbbbbbb' as ProcessId;
export const AT_MS = Date.UTC(2001, 0, 1);

/** What the checkers of one test have found. */
export let found: string[];
export const report = (text: string): void => void found.push(text);

beforeEach(() => {
  found = [];
});

export const fast = (reign: number, coordinator = A): Ballot => ballotOf(reign, coordinator, 'fast');
export const classic = (reign: number, coordinator = A): Ballot => ballotOf(reign, coordinator, 'classic');
export const at = (instance: number): Instance => instance as Instance;

export function batchOf(sequence: number, texts: readonly string[] = [`message ${sequence}`], incarnation = 1): Batch {
  const messages = texts.map((text) => Buffer.from(text));
  const bytes = messages.reduce((sum, { length }) => sum + length, 0);
  return { id: batchId(A, incarnation, sequence), body: packBody(messages, bytes, AT_MS) };
}

export const [X, Y, Z] = [batchOf(0), batchOf(1), batchOf(2)];

export function vote(instance: number, ballot: Ballot, batch: Batch, promised = NO_BALLOT): LedgerRecord {
  return { kind: 'entry', entry: { instance: at(instance), promised, vote: { ballot, batch } } };
}

export const noVote = (instance: number, promised: Ballot): LedgerRecord => ({
  kind: 'entry',
  entry: { instance: at(instance), promised, vote: null },
});
export const repair = (instance: number, batch: Batch): LedgerRecord => ({
  kind: 'repair',
  entry: { instance: at(instance), promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch } },
});

export function checkpointAt(next: number, position = next, digest = 'd'.repeat(32)): Checkpoint {
  return { next: at(next), position: position as Position, chunks: 2, bytes: 100, digest };
}

export const checkpointed = (checkpoint: Checkpoint): LedgerRecord => ({ kind: 'checkpoint', checkpoint });
export const promise = (ballot: Ballot): LedgerRecord => ({ kind: 'promise', ballot });
export const watermark = (below: number): LedgerRecord => ({ kind: 'watermark', watermark: at(below) });
export const identity = (incarnation: number): LedgerRecord => ({
  kind: 'identity',
  process: A,
  incarnation,
  founds: true,
});

export function delivered(
  position: number,
  texts: readonly string[],
  tickets: DeliveredBatch['tickets'] = null,
): DeliveredBatch {
  const messages = texts.map((text) => Buffer.from(text));
  return { position: position as Position, origin: A, proposedAtMs: AT_MS, messages, tickets };
}

/** Commits of members of a group of n, as they reach their disks. */
export function agreementOf(n: number): {
  agreement: Agreement;
  commit: (member: number, ...records: LedgerRecord[]) => void;
} {
  const agreement = new Agreement(n, report);
  const commit = (member: number, ...records: LedgerRecord[]): void => {
    agreement.durable(`p${member + 1}`, records);
  };
  return { agreement, commit };
}
