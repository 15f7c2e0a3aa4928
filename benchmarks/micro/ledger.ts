import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLmdbLedger } from '../../lib/ledger/lmdb/lmdb-ledger.js';
import { ballotOf, NO_BALLOT } from '../../lib/model/ballot.js';
import { batchId } from '../../lib/model/batch.js';
import { after, type Instance, type ProcessId } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import type { Part } from './part.js';

const self = '0000000000000001' as ProcessId;

/** One commit of `entries` votes, with the watermark behind them, below `TMPDIR`. The log is not cut. */
export async function ledgerPart(entries: number, bytes: number): Promise<Part> {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-micro-'));
  const ledger = openLmdbLedger(directory, 'micro');
  ledger.load();
  const ballot = ballotOf(1, self, 'classic');
  let next = 0 as Instance;
  const entryAt = (instance: Instance): LedgerRecord => {
    const batch = { id: batchId(self, 1, instance), body: Buffer.alloc(bytes, instance) };
    return { kind: 'entry', entry: { instance, promised: NO_BALLOT, vote: { ballot, batch } } };
  };
  return {
    name: `ledger commit of ${entries}`,
    bytes,
    operations: 1,
    isAsync: true,
    durable: true,
    batch: () => {
      const records = Array.from({ length: entries }, (_, offset) => entryAt(after(next, offset)));
      next = after(next, entries);
      return new Promise<void>((resolve, reject) => {
        ledger.commit([...records, { kind: 'watermark', watermark: next }], (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      });
    },
    close: async () => {
      await ledger.close();
      await rm(directory, { recursive: true });
    },
  };
}
