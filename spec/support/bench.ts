import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newQueueId } from './udp-testbed.js';

const PROGRAM = join(import.meta.dirname, '../../dist/benchmarks/index.js');

export type Row = Readonly<Record<string, unknown>>;

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  /** What `--json` wrote; none where the benchmark did not come so far. */
  readonly rows: readonly Row[];
  /** Names of what it has left behind where temporary files belong. */
  readonly left: readonly string[];
}

/** `npm run bench` as a real process, to its end, on a port and with a place for temporary files of its own. */
export async function runBench(...args: readonly string[]): Promise<Ended> {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-bench-spec-'));
  try {
    const [file, temporary] = [join(directory, 'rows.json'), join(directory, 'temporary')];
    await mkdir(temporary);
    const [, port = ''] = (await newQueueId()).split(':');
    const child = spawn(process.execPath, [PROGRAM, ...args, '--port', port, '--json', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000,
      env: { ...process.env, TMPDIR: temporary },
    });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [code] = (await once(child, 'close')) as [number | null];
    const rows = code === 0 ? (JSON.parse(await readFile(file, 'utf8')) as Row[]) : [];
    return { code, output, errors, rows, left: await readdir(temporary) };
  } finally {
    await rm(directory, { recursive: true });
  }
}
