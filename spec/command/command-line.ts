import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const PROGRAM = join(process.cwd(), 'dist/lib/command/treplica.js');

/** How the command ended, and what it said. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `treplica` with these arguments in a process of its own. */
export function treplica(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

/** What the command prints with `--json`; it must end with `code`. */
export async function answer<T>(code: number, ...args: readonly string[]): Promise<T> {
  const ended = await treplica(...args, '--json');
  if (ended.code !== code)
    throw new Error(`treplica ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}${ended.stdout}`);
  return JSON.parse(ended.stdout) as T;
}
