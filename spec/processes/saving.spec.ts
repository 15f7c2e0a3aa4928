import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { checkModule } from '../../lib/machine/saving-process.js';
import { soon } from '../support/soon.js';
import { newQueueId } from '../support/udp-testbed.js';

const PROGRAM = join(process.cwd(), 'dist/spec/programs/one-checkpoint.js');

let directory: string;
/** A program, with those that it has started, and when all of them have ended. */
let running: { readonly child: ChildProcess; readonly closed: Promise<unknown> } | null = null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-saving-'));
});

afterEach(async () => {
  if (running !== null) await end(running);
  running = null;
  await rm(directory, { recursive: true, force: true });
});

/** Under `--watch` the program is a child of its watcher: its group is ended as a whole. */
async function end({ child, closed }: NonNullable<typeof running>): Promise<void> {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch (error) {
    // All of them have ended by themselves.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await closed;
}

/** Runs Node and resolves with what is printed, once something says whether there is a checkpoint. */
async function said(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
  let output = '';
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, args, { env, cwd: directory, detached: true });
  running = { child, closed: once(child, 'close') };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await soon(() => expect(output).toMatch(/checkpoint/));
  return output;
}

describe('a checkpoint by a process of its own', () => {
  it.each([[[]], [['--watch']]])('is made by a program that runs under %j', async (options) => {
    const output = await said([...options, PROGRAM, directory, await newQueueId()]);
    expect(output).toMatch(/^the program runs\na checkpoint at 1\n/);
  });

  it('is made by a program given on the command line, which does not run again', async () => {
    const { href } = pathToFileURL(PROGRAM);
    const program = `const { checkpointOnce } = await import('${href}'); await checkpointOnce('${directory}', '${await newQueueId()}');`;
    const output = await said(['--input-type=module', '-e', program]);
    expect(output).toBe('the program runs\na checkpoint at 1\n');
  });

  it('does not inherit the inspector from NODE_OPTIONS', async () => {
    const output = await said([PROGRAM, directory, await newQueueId()], { NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    expect(output).toContain('a checkpoint at 1');
    expect(output.match(/Debugger listening/g)).toHaveLength(1);
  });

  it('is refused before anything has happened where a bundler has left out the program that makes it', () => {
    // Beside the sources, as beside a bundle, there is no such program.
    expect(() => checkModule(pathToFileURL(PROGRAM))).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('out of the bundle') }),
    );
  });
});
