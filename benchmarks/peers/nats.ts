import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nats-io/transport-node';

import { type Cluster, leaderFirst, nodeNames, type Peer } from './peer.js';
import { freePorts, type Processes } from './processes.js';
import { findProgram, goOrNodeDriver, NotInstalled } from './programs.js';

/** The stream to which publishers write, which is kept in a file at each of three nodes. */
const STREAM = {
  name: 'bench',
  subjects: ['bench'],
  storage: 'file',
  retention: 'limits',
  num_replicas: nodeNames.length,
};

/** Debian 13's. Older ones do not know the setting, or do not sync the log that followers vote from. */
const SYNCS_SINCE = [2, 10, 27] as const;

/** The answer to the creation of a stream, which is also that of a stream that is there. */
interface StreamState {
  readonly error?: { readonly description: string };
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly { readonly current: boolean }[] };
}

/** Values are published to a stream, and acknowledged. */
export const nats: Peer = {
  name: 'nats',
  durable: false,
  guarantee: 'a majority has it in memory and in the cache of its files, which are synced every few minutes',
  start: (processes) => start(processes, ''),
};

export const natsSynced: Peer = {
  name: 'nats-synced',
  durable: true,
  guarantee: 'a majority has it in the synced log; `sync_interval` is `always`',
  start: (processes) => start(processes, 'sync_interval: always'),
};

async function start(processes: Processes, sync: string): Promise<Cluster> {
  const program = await findProgram('nats-server', 'nats-server');
  const { stdout } = await promisify(execFile)(program, ['--version']);
  const version = /v([\d.]+)/.exec(stdout)?.[1] ?? '';
  if (sync !== '' && isOlder(version, SYNCS_SINCE)) {
    throw new NotInstalled(
      `nats-server ${version} cannot sync before it answers: install ${SYNCS_SINCE.join('.')} or later`,
    );
  }
  const driver = await goOrNodeDriver(processes.directory, 'nats', 'github.com/nats-io/nats.go');
  const ports = await freePorts(2 * nodeNames.length);
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const clients = addresses.slice(0, nodeNames.length);
  const peers = addresses.slice(nodeNames.length);
  for (const [i, name] of nodeNames.entries()) {
    const file = join(processes.directory, `${name}.conf`);
    await writeFile(
      file,
      `server_name: ${name}
listen: "${clients[i] ?? ''}"
jetstream { store_dir: "${join(processes.directory, name)}"
  ${sync}
}
cluster { name: bench, listen: "${peers[i] ?? ''}", routes: [${peers.map((peer) => `"nats://${peer}"`).join(', ')}] }
`,
    );
    processes.start(name, program, ['--config', file], 'file');
    // One after the other they find each other more often: see `STARTS`.
    await processes.until(`A connection to ${name}`, () => isThere(clients[i] ?? ''));
  }
  const leader = await processes.until('A leader of the stream', () => createStream(clients[0] ?? ''));
  return { version, endpoints: leaderFirst(clients, nodeNames.indexOf(leader)), driver };
}

async function isThere(server: string): Promise<true> {
  const connection = await connect({ servers: server, reconnect: false });
  await connection.close();
  return true;
}

/** The name of the stream's leader, once all others have come level with it. */
async function createStream(server: string): Promise<string | null> {
  const connection = await connect({ servers: server, reconnect: false });
  try {
    const message = await connection.request(`$JS.API.STREAM.CREATE.${STREAM.name}`, JSON.stringify(STREAM));
    const { error, cluster } = message.json<StreamState>();
    if (error !== undefined) throw new Error(error.description);
    const others = cluster?.replicas?.filter(({ current }) => current) ?? [];
    return others.length === nodeNames.length - 1 ? (cluster?.leader ?? null) : null;
  } finally {
    await connection.close();
  }
}

function isOlder(version: string, than: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const differing = than.findIndex((part, i) => part !== parts[i]);
  return differing >= 0 && (parts[differing] ?? 0) < (than[differing] ?? 0);
}
