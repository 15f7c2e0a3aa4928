import { leaderFirst, nodeNames, type Peer } from './peer.js';
import { freePorts } from './processes.js';
import { findProgram, goOrNodeDriver } from './programs.js';

/** The status that a node tells, as far as it matters here. */
interface Status {
  readonly header: { readonly member_id: string };
  readonly version: string;
  /** Missing, or `0`, while there is none. */
  readonly leader?: string;
}

/** Keys are written, each caller its own. */
export const etcd: Peer = {
  name: 'etcd',
  durable: true,
  guarantee: 'a majority has it in the synced log, and the node that was asked has applied it',
  async start(processes) {
    const program = await findProgram('etcd', 'etcd-server');
    const driver = await goOrNodeDriver(processes.directory, 'etcd', 'google.golang.org/grpc');
    const ports = await freePorts(2 * nodeNames.length);
    const addresses = ports.map((port) => `127.0.0.1:${port}`);
    const clients = addresses.slice(0, nodeNames.length);
    const members = nodeNames.map((name, i) => ({ name, peer: `http://${addresses[nodeNames.length + i] ?? ''}` }));
    const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
    for (const [i, { name, peer }] of members.entries()) {
      const client = `http://${clients[i] ?? ''}`;
      const flags = {
        name,
        'data-dir': name,
        'listen-client-urls': client,
        'advertise-client-urls': client,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': cluster,
        logger: 'zap',
        'log-level': 'error',
      };
      processes.start(
        name,
        program,
        Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
        'file',
      );
    }
    const states = await processes.until('A leader of etcd', async () => {
      const all = await Promise.all(clients.map(statusOf));
      return all.every(({ leader = '0' }) => leader !== '0') ? all : null;
    });
    const leads = states.findIndex(({ header, leader }) => header.member_id === leader);
    return { version: states[0]?.version ?? '', endpoints: leaderFirst(clients, leads), driver };
  },
};

async function statusOf(client: string): Promise<Status> {
  const url = `http://${client}/v3/maintenance/status`;
  const answer = await fetch(url, { method: 'POST', body: '{}', signal: AbortSignal.timeout(1000) });
  return (await answer.json()) as Status;
}
