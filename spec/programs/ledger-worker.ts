/** Run as a thread: opens a ledger, commits one entry at its watermark, says so, and keeps the ledger open until it is terminated. */
import { parentPort, workerData } from 'node:worker_threads';

import { openLmdbLedger } from '../../lib/ledger/lmdb/lmdb-ledger.js';
import { NO_BALLOT } from '../../lib/model/ballot.js';
import { NO_OP } from '../../lib/model/batch.js';
import { after } from '../../lib/model/ids.js';

const { directory, queueId } = workerData as { readonly directory: string; readonly queueId: string };

try {
  const ledger = openLmdbLedger(directory, queueId);
  const { watermark } = ledger.load();
  const entry = { instance: watermark, promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch: NO_OP } };
  const records = [
    { kind: 'entry', entry },
    { kind: 'watermark', watermark: after(watermark) },
  ] as const;
  ledger.commit(records, (error) => parentPort?.postMessage(error?.message ?? `open with watermark ${watermark}`));
  setInterval(() => undefined, 1_000);
} catch (error) {
  parentPort?.postMessage(`${(error as NodeJS.ErrnoException).code}: ${(error as Error).message}`);
}
