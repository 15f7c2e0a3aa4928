import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Window } from '../window.js';
import type { Course, StationSetup, Task } from './station.js';

const ADDRESS = '239.255.0.10';

/** Has the first station do something for so many milliseconds, and the others answer it. */
export type Run = (task: Task, ms: number) => Promise<Window>;

/**
 * Runs `work` on `count` stations, each a process of its own with a file below `TMPDIR`, on loopback multicast. They are
 * started before and gone afterwards, however it ends.
 * @throws Error where one of them ends before the work does
 */
export async function withStations<T>(
  { count, port, bytes }: { readonly count: number; readonly port: number; readonly bytes: number },
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-floor-'));
  const begin = (index: number): ChildProcess =>
    station({ index, address: ADDRESS, port, file: join(directory, String(index)), bytes });
  const first = begin(0);
  const children = [first, ...Array.from({ length: count - 1 }, (_, other) => begin(other + 1))];
  const ends = children.map((child, index) => endOf(child, index));
  const interrupt = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('SIGINT', interrupt);
  // Nobody waits for one that is not there any more; what `work` does elsewhere it ends itself.
  const gone = Promise.race(ends);
  try {
    await Promise.race([Promise.all(children.map((child) => once(child, 'message'))), gone]);
    return await work(async (task, ms) => {
      first.send({ task, ms } satisfies Course);
      const [window] = (await Promise.race([once(first, 'message'), gone])) as [Window];
      return window;
    });
  } finally {
    process.off('SIGINT', interrupt);
    interrupt();
    await Promise.allSettled(ends);
    await rm(directory, { recursive: true });
  }
}

function station(setup: StationSetup): ChildProcess {
  return fork(new URL('./station.js', import.meta.url), [JSON.stringify(setup)], { serialization: 'advanced' });
}

async function endOf(child: ChildProcess, index: number): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  throw new Error(`Process ${index + 1} of the floor has ended (${String(code ?? signal)}): see what it has said.`);
}
