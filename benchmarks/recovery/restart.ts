import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Row } from '../benchmark.js';
import { allEqual, type GroupSetup, noCheckpoints, withGroup } from '../group.js';
import { ACCOUNT_BYTES } from '../workload.js';

export interface LargeStateOptions extends GroupSetup {
  readonly runs: number;
  /** Of the state in a checkpoint, roughly. */
  readonly stateMegabytes: number;
}

/** How many accounts make a state of about that size. */
export function accountsOf(stateMegabytes: number): number {
  return Math.ceil((stateMegabytes * 1e6) / ACCOUNT_BYTES);
}

/** How fast a replica with a large state starts from its checkpoint, while the others do nothing. */
export async function restart(options: LargeStateOptions): Promise<Row[]> {
  return withGroup({ ...options, ...noCheckpoints }, async (replicas) => {
    const third = replicas.at(-1);
    const rows: Row[] = [];
    const accounts = accountsOf(options.stateMegabytes);
    await third?.ask('fill', accounts);
    await allEqual(replicas);
    await third?.ask('checkpoint', null);
    for (let run = 1; third !== undefined && run <= options.runs; run += 1) {
      await third.close();
      const raw = await readCheckpoints(third.setup.options.directory);
      const spawnedMs = performance.now();
      const { operations, replayMs, accounts: restored } = await third.start();
      if (restored !== accounts) throw new Error(`The replica has started with ${restored} of ${accounts} accounts.`);
      rows.push({
        measure: 'restart',
        run,
        operations,
        checkpointMB: raw.bytes / 1e6,
        restoreSeconds: replayMs / 1000,
        restoreMBPerSecond: raw.bytes / 1000 / replayMs,
        spawnToReadySeconds: (performance.now() - spawnedMs) / 1000,
        rawReadSeconds: raw.seconds,
      });
    }
    return rows;
  });
}

/** How long it takes to do nothing with the checkpoint's file but read it. */
async function readCheckpoints(directory: string): Promise<{ readonly bytes: number; readonly seconds: number }> {
  const folder = join(directory, 'checkpoints');
  const files = await readdir(folder, { recursive: true });
  const block = Buffer.alloc(1024 * 1024);
  const begin = performance.now();
  let bytes = 0;
  for (const name of files.filter((file) => file.endsWith('.checkpoint'))) {
    const file = await open(join(folder, name));
    for (let read = await file.read(block); read.bytesRead > 0; read = await file.read(block)) bytes += read.bytesRead;
    await file.close();
  }
  return { bytes, seconds: (performance.now() - begin) / 1000 };
}
