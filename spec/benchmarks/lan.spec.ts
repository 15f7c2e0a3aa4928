import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { runBench } from '../support/bench.js';
import { newQueueId, until } from '../support/udp-testbed.js';

const PROGRAM = join(import.meta.dirname, '../../dist/benchmarks/index.js');

let temporary: string;
let port: readonly string[];

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'treplica-lan-spec-'));
  port = ['--port', (await newQueueId()).split(':')[1] ?? ''];
});

afterEach(async () => {
  await until(() => running.size === 0);
  expect(await readdir(temporary)).toEqual([]);
  await rm(temporary, { recursive: true });
});

const running = new Set<ChildProcess>();

/** A benchmark's process, with all that it has said. Whatever it has begun has its output, too, which ends with the last. */
class Program {
  said = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(...args: readonly string[]) {
    const env = { ...process.env, TMPDIR: temporary };
    const child = spawn(process.execPath, [PROGRAM, ...args, ...port], { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    }
    running.add(child);
    this.#child = child;
    this.#ended = once(child, 'close').then(() => running.delete(child));
  }

  async says(text: string): Promise<void> {
    await until(() => this.said.includes(text));
  }

  /** Its exit code, once all that it has begun has ended, too. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.#child.kill(signal);
    await this.#ended;
    return this.#child.exitCode;
  }
}

describe('npm run bench -- lan', () => {
  it('measures nodes in networks of their own, and leaves nothing behind', async () => {
    const before = networkInterfaces();
    const { code, output, rows, left } = await runBench(
      'lan',
      '--callers',
      '20',
      '--seconds',
      '0.5',
      '--warmUpSeconds',
      '0.5',
    );
    expect({ code, left, interfaces: networkInterfaces() }).toEqual({ code: 0, left: [], interfaces: before });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ benchmark: 'drive', replicas: 3, callers: 20, proposers: 3, durable: true });
    for (const figure of ['opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms']) expect(rows[0]?.[figure]).toBeGreaterThan(0);
    const [how = ''] = output.split('\n');
    expect(how).toMatch(/^3 nodes (in network namespaces|on loopback)/);
    if (how.includes('loopback')) console.warn(`Not shown: that nodes find each other on a network. ${how}`);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing behind when %s ends it', async (signal) => {
    const lan = new Program('lan', '--callers', '20', '--seconds', '60');
    await lan.says('run 1:');
    expect(await lan.end(signal)).not.toBe(0);
  });
});

describe('a node', () => {
  let node: Program;

  beforeEach(async () => {
    node = new Program('node');
    await node.says('Waiting for a driver at 127.0.0.1');
  });

  afterEach(async () => {
    expect(await node.end('SIGTERM')).toBe(0);
  });

  const driver = (...flags: readonly string[]): Program =>
    new Program('drive', '--nodes', '127.0.0.1', '--callers', '5', ...flags);

  it('ends the run of a driver that dies, removes what it had, and serves the next', async () => {
    const dead = driver('--seconds', '60');
    await dead.says('run 1:');
    expect(await readdir(temporary)).toHaveLength(1);
    await dead.end('SIGKILL');
    await node.says('is gone');
    expect(await readdir(temporary)).toEqual([]);
    const next = driver('--seconds', '0.2', '--warmUpSeconds', '0.5');
    expect([await next.end(), next.said]).toEqual([0, expect.stringContaining('5 × 1')]);
  });

  it('serves one driver at a time', async () => {
    const first = driver('--seconds', '60');
    await node.says('A driver has come');
    const second = driver('--seconds', '0.2', '--warmUpSeconds', '0.5');
    expect([await second.end(), second.said]).toEqual([1, expect.stringContaining('serves another driver')]);
    await first.end('SIGKILL');
  });

  it('takes its driver along when it ends', async () => {
    const first = driver('--seconds', '60');
    await node.says('A driver has come');
    expect(await node.end('SIGINT')).toBe(0);
    expect([await first.end(), first.said]).toEqual([
      1,
      expect.stringContaining('The connection to the node at 127.0.0.1 has ended'),
    ]);
  });
});

describe('a driver', () => {
  it('says how to start a node that is not there', async () => {
    const driver = new Program('drive', '--nodes', '127.0.0.1');
    expect(await driver.end()).toBe(1);
    expect(driver.said).toContain(`npm run bench -- node --interface 127.0.0.1 ${port.join(' ')}`);
  });

  it('needs a node for each replica', async () => {
    const driver = new Program('drive', '--nodes', '127.0.0.1', '--replicas', '3');
    expect(await driver.end()).toBe(1);
    expect(driver.said).toContain('--nodes names 1, and there are to be 3 replicas');
  });
});
