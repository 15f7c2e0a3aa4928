import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { freePorts, SampleGroup } from '../support/sample-group.js';

let data: string;
let port: number;
let keyFile: string;
let running: SampleGroup[];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'treplica-join-'));
  port = await freePorts(6);
  running = [];
  keyFile = join(data, 'keys');
  await writeFile(keyFile, `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
});

afterEach(async () => {
  await Promise.all(running.map((group) => group.interrupt()));
  await rm(data, { recursive: true, force: true });
});

function start(...args: string[]): SampleGroup {
  const group = new SampleGroup([...args, '--data', data, '--port', String(port)]);
  running.push(group);
  return group;
}

async function membersAt(replica: number): Promise<{ readonly self: string; readonly members: readonly string[] }> {
  const response = await fetch(`http://127.0.0.1:${port + replica - 1}/members`);
  return (await response.json()) as Awaited<ReturnType<typeof membersAt>>;
}

async function putUp(replica: number, auctionId: string): Promise<number> {
  const lot = { seller: 'ana', item: 'lamp', reserveCents: 1, incrementCents: 1, openForSeconds: 60 };
  const response = await fetch(`http://127.0.0.1:${port + replica - 1}/auctions/${auctionId}`, {
    method: 'PUT',
    body: JSON.stringify(lot),
    headers: { 'content-type': 'application/json' },
  });
  await response.body?.cancel();
  return response.status;
}

describe('npm start -- join and leave', () => {
  it.each([[[]], [['--unicast', '--key-file']]])(
    '%j replace the replicas of a group that serves meanwhile',
    async (asked) => {
      const flags = asked.length === 0 ? [] : [...asked, keyFile];
      const group = start(...flags);
      await group.isReady();
      expect(await putUp(1, 'first')).toBe(201);

      const fourth = start('join', ...flags);
      await fourth.prints(/is a member and serves/);
      const { self, members } = await membersAt(4);
      expect(members).toHaveLength(4);
      expect(members).toContain(self);
      expect(await putUp(4, 'second')).toBe(201);

      const left = (await membersAt(2)).self;
      const leaving = start('leave', String(port + 1), ...flags);
      expect(await leaving.exitCode()).toBe(0);
      await group.prints(/replica 2 has left the group/);
      const now = (await membersAt(4)).members;
      expect(now).toHaveLength(3);
      expect(now).not.toContain(left);
      expect(await putUp(3, 'third')).toBe(201);

      // A replica that is killed comes back as the member that it was.
      process.kill(fourth.pidOf(4), 'SIGKILL');
      await fourth.prints(/replica 4 is back/);
      expect((await membersAt(4)).self).toBe(self);
      const response = await fetch(`http://127.0.0.1:${port + 3}/auctions`);
      expect(JSON.stringify(await response.json())).toMatch(/first.*second.*third/);
    },
  );

  it('begins with as many replicas as it is told', async () => {
    const group = start('--replicas', '5');
    await group.isReady();
    expect((await membersAt(5)).members).toHaveLength(5);
  });

  it('says that there is no group to join, and no replica to leave', async () => {
    const alone = start('join');
    expect(await alone.exitCode()).toBe(1);
    expect(alone.output).toMatch(/^npm start: no replica of auction runs at the ports from \d+ to \d+/);
    const leaving = start('leave', String(port));
    expect(await leaving.exitCode()).toBe(1);
    expect(leaving.output).toMatch(/^npm start: no replica answers at/);
  });

  it.each([
    [['grow'], /^npm start: there is join \[port\] and leave <port>, not "grow"/],
    [['leave'], /^npm start: there is join \[port\] and leave <port>, not "leave"/],
    [['join', 'here'], /^npm start: --port is a whole number/],
    [['join', '80'], /^npm start: the ports of this group begin at \d+ \(see --port\), and 80 is below/],
  ])('refuses %j in one line', async (words, line) => {
    const refused = start(...words);
    expect(await refused.exitCode()).toBe(2);
    expect(refused.output).toMatch(line);
  });
});
