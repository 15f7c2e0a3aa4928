import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { freePorts, SampleGroup } from '../support/sample-group.js';
import { SmallDisk } from '../support/small-disk.js';

const DISK_BYTES = 48 * 1024 * 1024;

let data: string;
let port: number;
let group: SampleGroup | null;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'treplica-outages-'));
  port = await freePorts(3);
  group = null;
});

afterEach(async () => {
  await group?.interrupt();
  await rm(data, { recursive: true, force: true });
});

function start(args: readonly string[] = [], under: readonly string[] = []): SampleGroup {
  group = new SampleGroup(['--data', data, '--port', String(port), ...args], under);
  return group;
}

async function health(replica: number): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${port + replica - 1}/health`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Asks until the answer has this status. */
async function healthOnce(replica: number, status: number): Promise<Record<string, unknown>> {
  for (;;) {
    const answer = await health(replica);
    if (answer.status === status) return answer.body;
    await sleep(50);
  }
}

async function putUp(auctionId: string): Promise<number> {
  const lot = { seller: 'ana', item: 'x'.repeat(100), reserveCents: 1, incrementCents: 1, openForSeconds: 60 };
  const response = await fetch(`http://127.0.0.1:${port}/auctions/${auctionId}`, {
    method: 'PUT',
    body: JSON.stringify(lot),
    headers: { 'content-type': 'application/json' },
  });
  await response.body?.cancel();
  return response.status;
}

describe('npm start', () => {
  it('ends at Ctrl-C although a client has sent half a request', async () => {
    const group = start(['--replicas', '1']);
    await group.isReady();
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    client.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: x\r\n');
    expect(await group.interrupt()).toBe(0);
    client.destroy();
  });

  it('refuses to begin another group in silence where the port is another, and begins one with --new', async () => {
    const first = start(['--replicas', '1']);
    await first.isReady();
    expect(await first.interrupt()).toBe(0);
    const before = port;
    port = await freePorts(1);
    const second = start(['--replicas', '1']);
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toMatch(new RegExp(`replica 1 cannot start: .*:${before}.*:${port}.*--new`));
    const third = start(['--replicas', '1', '--new']);
    await third.isReady();
  });

  it('says how many votes are left when a replica comes back without one', async () => {
    const group = start();
    await group.isReady();
    process.kill(group.pidOf(2), 'SIGKILL');
    rmSync(join(data, 'auction', 'replica-2'), { recursive: true });
    await group.prints(
      /replica 2 is back, process \d+, without a vote.*: 2 of 3 votes are left, and one more failure stops/,
    );
    expect(await healthOnce(2, 200)).toMatchObject({ sample: 'auction', role: 'observer' });
  });

  it('comes back by itself when there is space on the disk again', async () => {
    const disk = await SmallDisk.at(data, DISK_BYTES);
    if (disk === null) {
      console.warn('a file system of its own is not permitted: what happens on a full disk has not been shown');
      return;
    }
    try {
      const group = start(['--replicas', '1'], disk.under);
      await group.isReady();
      expect(await putUp('lamp')).toBe(201);
      disk.fill();
      for (let i = 0; !group.output.includes('starting it again'); i += 1) await putUp(`a${i}`).catch(() => sleep(20));
      await group.prints(/replica 1 stopped: .*starting it again in 0\.4 s/);
      const from = group.output.length;
      disk.empty();
      await group.prints(/replica 1 is back/, from);
      expect((await fetch(`http://127.0.0.1:${port}/auctions/lamp`)).status).toBe(200);
      expect(await group.interrupt()).toBe(0);
    } finally {
      await group?.interrupt();
      await disk.remove();
    }
  });
});

describe('the health of a replica', () => {
  it('is 503, with what is missing, while it has no majority, and 200 when it has one', async () => {
    const group = start();
    await group.isReady();
    expect(await health(1)).toMatchObject({ status: 200, body: { role: 'member' } });
    const stopped = [group.pidOf(2), group.pidOf(3)];
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    try {
      expect(await healthOnce(1, 503)).toMatchObject({ sample: 'auction' });
      let body: Record<string, unknown>;
      do body = await healthOnce(1, 503);
      while (body['code'] !== 'NO_QUORUM');
      expect(body).toMatchObject({ detail: expect.stringContaining('1 of 3 members of the group are heard, and 2') });
      expect(body['missing']).toHaveLength(2);
    } finally {
      for (const pid of stopped) process.kill(pid, 'SIGCONT');
    }
    await healthOnce(1, 200);
  });
});
