import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';

import { countOf, percentile } from '../../benchmarks/latencies.js';
import { Driver } from '../../benchmarks/peers/driver.js';
import { pointsOf, withRatios } from '../../benchmarks/peers/points.js';
import { withProcesses } from '../../benchmarks/peers/processes.js';
import { findProgram, NotInstalled } from '../../benchmarks/peers/programs.js';

const BUILT = join(import.meta.dirname, '../../dist/benchmarks/peers');

/** One that has ended may be there as a zombie, until whoever has inherited it looks after it. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tZ');
  return !/^State:\s+[ZX]/m.test(status);
}

describe('the points of peers', () => {
  it('are a single caller at one node, and any other number at each', () => {
    expect(pointsOf('1,64')).toEqual([
      { callers: 1, proposers: 1 },
      { callers: 64, proposers: 3 },
    ]);
  });

  it.each(['', '0', '1,', '2.5', 'many'])('are not %j', (callers) => {
    expect(() => pointsOf(callers)).toThrow('--callers');
  });
});

describe('ratios', () => {
  it("are Treplica's best by each system's best, of callers at all nodes", () => {
    const row = (system: string, proposers: number, opsPerSecond: number) => ({ system, proposers, opsPerSecond });
    const rows = [
      row('treplica', 1, 9000),
      row('treplica', 3, 500),
      row('treplica', 3, 1000),
      row('etcd', 3, 100),
      row('etcd', 3, 50),
      row('nats', 3, 0),
    ];
    expect(withRatios(rows).map(({ treplicaRatio }) => treplicaRatio)).toEqual([null, null, 1, 10, null, null]);
  });
});

describe('a program that is not installed', () => {
  it('is named with its package', async () => {
    const finding = findProgram('no-such-server', 'no-such-package');
    await expect(finding).rejects.toThrow(NotInstalled);
    await expect(finding).rejects.toThrow('no no-such-server on this machine: apt-get install no-such-package');
  });
});

describe('the processes of a peer', () => {
  it('are gone with their directory when the work is done', async () => {
    const [pid, directory] = await withProcesses(async (processes) => {
      const child = processes.start('sleeper', 'sleep', ['60'], 'file');
      return [child.pid!, processes.directory] as const;
    });
    expect(await isAlive(pid)).toBe(false);
    await expect(access(directory)).rejects.toThrow('ENOENT');
  });

  it('end the work when one of them ends, with what it has said, and the others end', async () => {
    let other = 0;
    const running = withProcesses(async (processes) => {
      other = processes.start('sleeper', 'sleep', ['60'], 'file').pid!;
      processes.start('short', 'sh', ['-c', 'echo out of luck >&2; exit 3'], 'file');
      await processes.until('What never comes', () => Promise.resolve(null));
    });
    await expect(running).rejects.toThrow('short has ended (3). The last it said: out of luck');
    expect(await isAlive(other)).toBe(false);
  });

  it('end with us even where we are killed', async () => {
    const program = `
      import { withProcesses } from ${JSON.stringify(join(BUILT, 'processes.js'))};
      await withProcesses(async (processes) => {
        console.log(processes.start('sleeper', 'sleep', ['60'], 'file').pid, processes.directory);
        await processes.until('The end', () => Promise.resolve(null));
      });`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const [pid = '', directory = ''] = said.toString().trim().split(' ');
    parent.kill('SIGKILL');
    while (await isAlive(Number(pid))) await new Promise((resolve) => setTimeout(resolve, 10));
    await rm(directory, { recursive: true });
  });
});

describe("etcd's driver in Node", () => {
  /** What etcd does with a put, as far as its clients see it: the first caller's succeed, the others are refused. */
  async function answer(stream: ServerHttp2Stream, path: string | undefined, puts: Set<string>): Promise<void> {
    const message = await buffer(stream);
    puts.add(`${path ?? ''} ${message.toString('latin1')}`);
    if (message.includes('driver-0')) {
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    } else stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '14' }, { endStream: true });
  }

  it('puts a key a caller, measures what is acknowledged, counts what is not, and rests', async () => {
    const puts = new Set<string>();
    const server = createServer().on('stream', (stream, headers) => void answer(stream, headers[':path'], puts));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const program = { client: 'Node', command: process.execPath, args: [join(BUILT, 'etcd-driver.js')] };
    await withProcesses(async (processes) => {
      const driver = await Driver.start(processes, program, endpoint, 'driver', 3);
      await driver.run(2);
      while (puts.size < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      await driver.rest();
      const first = await driver.window();
      expect(countOf(first.latencies)).toBeGreaterThan(0);
      expect(percentile(first.latencies, 50)).toBeLessThanOrEqual(first.latencies.maxMs);
      expect(first.failed).toBeGreaterThan(0);
      expect(first.failure).toContain("gRPC's status is 14");
      // Nothing goes on, and a window begins anew.
      const second = await driver.window();
      expect([countOf(second.latencies), second.failed, second.failure]).toEqual([0, 0, '']);
    });
    server.close();
    // Not compressed, the length of the message; then the fields, each with its number and type, its length, and itself.
    const put = (key: string) => `/etcdserverpb.KV/Put \0\0\0\0\x0f\x0a\x08${key}\x12\x03xxx`;
    expect(puts).toEqual(new Set([put('driver-0'), put('driver-1')]));
  });
});
