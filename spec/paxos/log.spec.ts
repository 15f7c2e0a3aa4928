import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Logger } from 'pino';

import { AsynchronousPersistentQueue, type QueueOptions, type StateHolder } from '../../lib/index.js';
import { LossyOutput } from '../../lib/queue/default-log.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { newQueueId } from '../support/udp-testbed.js';

let group: QueueGroup | null = null;
afterEach(async () => {
  await group?.remove();
  group = null;
});

const nothing = (): undefined => undefined;
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing };

function loggerOf(methods: object): Logger {
  return methods as unknown as Logger;
}

async function creating(options: object): Promise<Error & { code?: string }> {
  return rejection(
    AsynchronousPersistentQueue.create(await newQueueId(), {
      directory: '/no/such/place',
      replicas: 1,
      ...options,
    }),
  );
}

describe('The options of a queue', () => {
  it.each<[string, object, RegExp]>([
    ['a logger without fatal', { log: { ...quiet, fatal: undefined } }, /log.*has no fatal/],
    ['console', { log: console }, /log.*has no fatal, console has none/],
    ['a log that is none', { log: 'out.log' }, /log is 'out\.log'.*logger/],
    ['an unknown name', { colour: 'red' }, /no option colour of AsynchronousPersistentQueue\.create: leave it out/],
    ['a misspelt name', { dirctory: 'x' }, /no option dirctory .*: use directory/],
    ['a name cut short', { interface: 'lo' }, /no option interface .*: use networkInterface/],
    [
      'a misspelt name within an option',
      { checkpoint: { everyByte: 5 } },
      /no option checkpoint\.everyByte .*: use checkpoint\.everyBytes/,
    ],
    ['a checkpoint that is no object', { checkpoint: 5 }, /checkpoint is 5/],
    ['a word for yes', { recover: 'yes' }, /recover is 'yes': use true or false/],
    ['a signal that is none', { signal: 5_000 }, /signal is 5000: use an AbortSignal/],
    ['an interface that is a number', { networkInterface: 7 }, /networkInterface is 7/],
    ['a size that is text', { maxDatagramBytes: '8192' }, /maxDatagramBytes is '8192'/],
  ])('are refused by name: %s', async (_, options, message) => {
    expect(await creating(options)).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
  });

  it.each([[undefined], [null], ['data'], [['data']]])('are refused where they are %j', async (options) => {
    const id = await newQueueId();
    const error = await rejection(AsynchronousPersistentQueue.create(id, options as unknown as QueueOptions));
    expect(error).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/give an object with directory/),
    });
  });
});

describe('A log that fails', () => {
  const warnings: string[] = [];
  const { emitWarning } = process;
  afterEach(() => {
    process.emitWarning = emitWarning;
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the log is gone');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the log is gone'))],
  ])('(%s) stops nothing, keeps nobody waiting, and the process is warned once', async (_, fail) => {
    warnings.length = 0;
    process.emitWarning = (warning: string | Error): unknown => warnings.push(String(warning));
    const log = loggerOf({ debug: fail, info: fail, warn: fail, error: fail, fatal: fail });
    group = await QueueGroup.open(1, { log });
    const queue = group.queue(0);
    expect(await queue.put(Buffer.from('a'))).toBe(0);
    const holder: StateHolder = {
      deliver: () => {
        throw new Error('not deliverable');
      },
      stopped: nothing,
    };
    const closed = rejection(queue.closed);
    await queue.bind(holder).catch(nothing);
    expect((await closed).message).toBe('not deliverable');
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([expect.stringMatching(/log of the queue .* the log is gone/)]);
  });
});

describe('A state holder', () => {
  it.each<[string, Partial<Record<keyof StateHolder, unknown>>, RegExp]>([
    ['without deliver', { stopped: nothing }, /no method deliver/],
    ['without stopped', { deliver: nothing }, /no method stopped/],
    ['with an async deliver', { deliver: async () => Promise.resolve(), stopped: nothing }, /async method deliver/],
  ])('%s is refused', async (_, holder, message) => {
    group = await QueueGroup.open(1);
    const error = await rejection(group.queue(0).bind(holder as StateHolder));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
    expect(await group.queue(0).put(Buffer.from('goes on'))).toBe(0);
  });

  it('whose deliver returns a promise stops the queue, and its promise ends nothing', async () => {
    group = await QueueGroup.open(1);
    const queue = group.queue(0);
    await queue.put(Buffer.from('a'));
    const closed = rejection(queue.closed);
    const deliver = () => Promise.reject(new Error('later')) as unknown as undefined;
    await queue.bind({ deliver, stopped: nothing }).catch(nothing);
    expect(await closed).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/promise from deliver/),
    });
  });

  it('that throws when it is told of the end does not keep the queue from closing', async () => {
    group = await QueueGroup.open(1);
    const queue = group.queue(0);
    const stopped = (): never => {
      throw new Error('not now');
    };
    await queue.bind({ deliver: nothing, stopped });
    await queue.close();
    await expect(queue.closed).resolves.toBeUndefined();
  });
});

describe('The log that a queue has unless it is given one', () => {
  it('drops what a full disk does not take, and goes on', () => {
    const directory = mkdtempSync(join(tmpdir(), 'treplica-log-'));
    const path = join(directory, 'log');
    const fd = openSync('/dev/full', 'w');
    const output = new LossyOutput(fd);
    for (let i = 0; i < 1_000; i += 1) output.write(`line ${i}\n`);
    // There is room again.
    closeSync(fd);
    expect(openSync(path, 'a')).toBe(fd);
    output.write('last\n');
    closeSync(fd);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines).toEqual([expect.stringMatching(/"lines":1000,.*dropped.*ENOSPC/), 'last']);
    rmSync(directory, { recursive: true });
  });

  it('says in a line of its own how many were dropped, once it can', () => {
    const directory = mkdtempSync(join(tmpdir(), 'treplica-log-'));
    const path = join(directory, 'log');
    const readOnly = openSync(path, 'w+');
    // What cannot be written to refuses lines as a full disk does.
    const output = new LossyOutput(readOnly);
    output.write('first\n');
    closeSync(readOnly);
    output.write('lost\n');
    output.write('lost too\n');
    expect(openSync(path, 'a')).toBe(readOnly);
    output.write('last\n');
    closeSync(readOnly);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines).toEqual(['first', expect.stringMatching(/"lines":2.*dropped.*EBADF/), 'last']);
    rmSync(directory, { recursive: true });
  });

  it('does not wait for the reader of a pipe', async () => {
    const program = join(import.meta.dirname, '../../dist/spec/programs/log-lines.js');
    // A shell, because only so is standard output a pipe and not a socket. The reader reads when the writer has ended.
    const child = spawn('sh', ['-c', `"${process.execPath}" "${program}" | (read go <&3; cat)`], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let written = '';
    let read = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      written += text;
      if (written.includes('all lines')) (child.stdio[3] as NodeJS.WritableStream).write('go\n');
    });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (read += text));
    await once(child, 'close');
    expect(written).toBe('all lines\n');
    expect(read.split('\n').length).toBeGreaterThan(10);
    expect(read.split('\n').length).toBeLessThan(50_000);
  });
});
