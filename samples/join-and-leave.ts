/** `npm start -- join` and `npm start -- leave`: the group that runs gets another replica, or loses one. */

import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';

import { UsageError } from './arguments.js';
import { onInterrupt } from './interrupts.js';
import type { Problem } from './problem.js';
import { replicaProcess, type Settings } from './settings.js';

/** As many ports behind the first are tried. */
const portsMax = 31;

/** Adds a replica and keeps it running, until it is stopped or leaves. Resolves with the exit code. */
export async function join(settings: Settings, asked: number | null): Promise<number> {
  const number = (asked ?? (await firstFreePort(settings.port))) - settings.port + 1;
  if (number < 1)
    throw new UsageError(`the ports of this group begin at ${settings.port} (see --port), and ${asked} is below`);
  await expectAGroup(settings);
  mkdirSync(settings.directory, { recursive: true });
  const replica = replicaProcess({ ...settings, joins: true }, number);
  onInterrupt(
    () => replica.stop(),
    () => replica.kill(),
  );
  const url = `http://127.0.0.1:${settings.port + number - 1}`;
  console.log(`replica ${number} joins the group of ${settings.sample}`);
  const hasClosed = await replica.run((isFirst) => {
    if (!isFirst) console.log(`replica ${number} is back, process ${replica.pid}`);
    else {
      console.log(`\n  replica ${number}  ${url}  process ${replica.pid}\n`);
      console.log(
        `It is a member and serves like the others: curl ${url}/members. Ctrl-C ends it; it remains a member`,
      );
      console.log(`that is away, until npm start -- leave ${settings.port + number - 1} removes it while it runs.`);
    }
  });
  return hasClosed ? 0 : 1;
}

/** Removes the replica at an HTTP port. Resolves with the exit code. */
export async function leave(port: number): Promise<number> {
  const url = `http://127.0.0.1:${port}`;
  const response = await fetch(`${url}/leave`, { method: 'POST' }).catch((cause: unknown) => {
    throw new Error(`no replica answers at ${url}: it leaves while it runs`, { cause });
  });
  if (response.ok) {
    const { members } = (await response.json()) as { readonly members: readonly string[] };
    console.log(`the replica at ${url} has left, and ends; members now: ${members.join(', ')}`);
    return 0;
  }
  const { detail } = (await response.json()) as Problem;
  console.error(`the replica at ${url} cannot leave: ${detail}`);
  return 1;
}

/** A replica alone would wait for a group that nobody runs. */
async function expectAGroup({ port, replicas, sample }: Settings): Promise<void> {
  for (let at = port; at < port + replicas; at += 1) {
    const answer = await fetch(`http://127.0.0.1:${at}/members`).catch(() => null);
    if (answer?.ok === true) return;
  }
  throw new Error(
    `no replica of ${sample} runs at the ports from ${port} to ${port + replicas - 1}: npm start begins a group`,
  );
}

async function firstFreePort(from: number): Promise<number> {
  for (let port = from; port < from + portsMax; port += 1) if (await isFree(port)) return port;
  throw new Error(`all ports from ${from} to ${from + portsMax - 1} are taken`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
