import type { Row } from '../benchmark.js';
import { allEqual, executeAll, type GroupSetup, noCheckpoints, withGroup } from '../group.js';

export interface ReplayOptions extends GroupSetup {
  readonly runs: number;
  readonly callers: number;
  /** The operations that the log holds. */
  readonly operations: number;
}

/** How fast a replica executes its own log when it is started, while the others do nothing. */
export async function replay(options: ReplayOptions): Promise<Row[]> {
  return withGroup({ ...options, ...noCheckpoints }, async (replicas) => {
    await executeAll(replicas, options.operations, options.callers);
    await allEqual(replicas);
    const third = replicas.at(-1);
    const rows: Row[] = [];
    for (let run = 1; third !== undefined && run <= options.runs; run += 1) {
      await third.close();
      const ledgerBytes = await third.ledgerBytes();
      const spawnedMs = performance.now();
      const { operations, replayMs } = await third.start();
      rows.push({
        measure: 'replay',
        run,
        operations,
        replaySeconds: replayMs / 1000,
        opsPerSecond: (1000 * operations) / replayMs,
        spawnToReadySeconds: (performance.now() - spawnedMs) / 1000,
        ledgerMB: ledgerBytes / 1e6,
      });
    }
    return rows;
  });
}
