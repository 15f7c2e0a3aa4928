import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { freePorts, SampleGroup } from '../support/sample-group.js';

let data: string;
let port: number;
let running: SampleGroup[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'treplica-start-'));
  port = await freePorts(3);
});

afterEach(async () => {
  await Promise.all(running.map((group) => group.interrupt()));
  running = [];
});

afterAll(async () => rm(data, { recursive: true, force: true }));

function start(...args: string[]): SampleGroup {
  const group = new SampleGroup(['--data', data, '--port', String(port), ...args]);
  running.push(group);
  return group;
}

/** Does what a printed line says, without a shell and without curl. */
async function run(line: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const [, method = 'GET'] = / -X (\w+)/.exec(line) ?? [];
  const [url = ''] = /http:\S+/.exec(line) ?? [];
  const [, body = null] = / -d '(.*)'$/.exec(line) ?? [];
  const response = await fetch(url, { method, body, headers: body ? { 'content-type': 'application/json' } : {} });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function printedRequests(group: SampleGroup): string[] {
  return [...group.output.matchAll(/^ *(curl .*)$/gm)].map(([, line = '']) => line);
}

async function show(replica: number): Promise<unknown> {
  return (await run(`curl http://127.0.0.1:${port + replica - 1}/auctions/lamp`)).body;
}

describe('npm start', () => {
  it('keeps a group alive and its state over restarts', async () => {
    const first = start();
    await first.isReady();

    // The printed lines work as they are, each at another replica.
    const [putUp = '', bid = '', read = ''] = printedRequests(first);
    expect(await run(putUp)).toMatchObject({ status: 201, body: { auctionId: 'lamp', highestBid: null } });
    expect(await run(bid)).toMatchObject({ status: 201, body: { highestBid: { bidder: 'bruno', amountCents: 5000 } } });
    expect(await run(read)).toMatchObject({ status: 200, body: { bids: [{ bidder: 'bruno', amountCents: 5000 }] } });
    const state = await show(1);

    // A killed replica is said to have died, and comes back with the state, also with what it has missed.
    const killed = first.pidOf(2);
    process.kill(killed, 'SIGKILL');
    await first.prints(/replica 2 was ended by SIGKILL; starting it again/);
    await first.prints(/replica 2 is back/);
    expect(first.pidOf(2)).not.toBe(killed);
    expect(await show(2)).toEqual(state);

    // Ctrl-C ends all, and the next group goes on where this one ended.
    expect(await first.interrupt()).toBe(0);
    expect(first.output).toContain('all replicas have closed');
    const second = start();
    await second.isReady();
    for (const replica of [1, 2, 3]) expect(await show(replica)).toEqual(state);
    expect(await run(bid)).toMatchObject({ status: 409, body: { code: 'BID_TOO_LOW' } });
    expect(await second.interrupt()).toBe(0);
  });

  it('survives a replica that is killed again and again', async () => {
    const group = start();
    await group.isReady();
    for (let round = 1; round <= 2; round++) {
      const from = group.output.length;
      process.kill(group.pidOf(3), 'SIGKILL');
      await group.prints(/replica 3 is back/, from);
    }
    expect(group.output).toMatch(/starting it again in 0\.2 s[^]*starting it again in 0\.4 s/);
    expect(await run(`curl http://127.0.0.1:${port + 2}/health`)).toMatchObject({ body: { sample: 'auction' } });
  });

  it('closes only once when Ctrl-C arrives twice, as it does through npm', async () => {
    const group = start();
    await group.isReady();
    group.signal('SIGINT');
    group.signal('SIGINT');
    expect(await group.exitCode()).toBe(0);
  });

  it('runs the other sample, with its own requests', async () => {
    const group = start('--sample', 'banking');
    await group.isReady();
    const [open = '', deposit = '', statement = ''] = printedRequests(group);
    expect(await run(open)).toMatchObject({ status: 201, body: { accountId: 'ana', balanceCents: 0 } });
    expect(await run(deposit)).toMatchObject({ status: 201, body: { to: 'ana', amountCents: 5000 } });
    expect(await run(statement)).toMatchObject({ body: { balanceCents: 5000, entries: [{ changeCents: 5000 }] } });
  });

  it('ends all, with the reason, when a port is taken', async () => {
    const server = await taken(port + 1);
    try {
      const group = start();
      expect(await group.exitCode()).toBe(1);
      expect(group.output).toMatch(/replica 2 cannot start: .*EADDRINUSE.*/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('ends, with the reason, when its data are in use', async () => {
    await start().isReady();
    const other = start('--port', String(await freePorts(3)));
    expect(await other.exitCode()).toBe(1);
    expect(other.output).toMatch(/replica \d cannot start: .*replica-\d/);
  });

  it.each([
    ['--colour', /^npm start: Unknown option '--colour'.*\n$/],
    ['--port=many', /^npm start: --port is a whole number from 1 to \d+, not "many".*\n$/],
    ['--replicas=0', /^npm start: --replicas is a whole number from 1 to 15, not "0".*\n$/],
    ['--sample=chess', /^npm start: --sample is auction or banking, not "chess".*\n$/],
  ])('refuses %s in one line', async (argument, line) => {
    const group = start(argument);
    expect(await group.exitCode()).toBe(2);
    expect(group.output).toMatch(line);
  });

  it('says what it can do', async () => {
    const group = start('--help');
    expect(await group.exitCode()).toBe(0);
    for (const option of ['--sample', '--replicas', '--port', '--data']) expect(group.output).toContain(option);
  });
});

async function taken(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
