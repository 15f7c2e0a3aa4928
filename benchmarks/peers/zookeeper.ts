import { constants } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { leaderFirst, nodeNames, type Peer } from './peer.js';
import { freePorts } from './processes.js';
import { findProgram, isThere, NotInstalled, sourceFile } from './programs.js';

/** Names the others that it needs. */
const JAR = '/usr/share/java/zookeeper.jar';
const SERVER = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
/** So that three servers do not take all of the machine's memory before they collect garbage. */
const HEAP = '-Xmx1g';

/** Nodes of its tree are set, each caller its own. */
export const zookeeper: Peer = {
  name: 'zookeeper',
  durable: true,
  guarantee: 'a majority has it in the synced log, and the server that was asked has applied it',
  settling: 10,
  async start(processes) {
    const java = await findProgram('java', 'zookeeper');
    if (!(await isThere(JAR, constants.R_OK))) {
      throw new NotInstalled(`there is no ${JAR} on this machine: apt-get install zookeeper`);
    }
    const ports = await freePorts(3 * nodeNames.length);
    const members = nodeNames.map((name, i) => {
      const [client = 0, quorum = 0, election = 0] = ports.slice(3 * i);
      return { id: i + 1, directory: join(processes.directory, name), name, client, quorum, election };
    });
    const servers = members.map(({ id, quorum, election }) => `server.${id}=127.0.0.1:${quorum}:${election}`);
    for (const { id, directory, name, client } of members) {
      const file = join(processes.directory, `${name}.cfg`);
      await mkdir(directory);
      await writeFile(join(directory, 'myid'), String(id));
      await writeFile(file, [...settings(directory, client), ...servers, ''].join('\n'));
      processes.start(name, java, [HEAP, '-cp', JAR, SERVER, file], 'file');
    }
    const states = await processes.until('A leader of ZooKeeper', async () => {
      const all = await Promise.all(members.map(({ client }) => stateOf(client)));
      return all.every(({ mode }) => mode === 'leader' || mode === 'follower') ? all : null;
    });
    const endpoints = members.map(({ client }) => `127.0.0.1:${client}`);
    return {
      version: states[0]?.version ?? '',
      endpoints: leaderFirst(
        endpoints,
        states.findIndex(({ mode }) => mode === 'leader'),
      ),
      driver: { client: 'Java', command: java, args: ['-cp', JAR, sourceFile('java/ZooKeeperDriver.java')] },
    };
  },
};

/** The defaults, but for what would limit the number of callers or use ports besides. */
function settings(directory: string, port: number): string[] {
  return [
    `dataDir=${directory}`,
    'clientPortAddress=127.0.0.1',
    `clientPort=${port}`,
    'tickTime=2000',
    'initLimit=10',
    'syncLimit=5',
    'maxClientCnxns=0',
    'globalOutstandingLimit=100000',
    'admin.enableServer=false',
  ];
}

async function stateOf(
  port: number,
): Promise<{ readonly version: string | undefined; readonly mode: string | undefined }> {
  const socket = connect(port, '127.0.0.1').setTimeout(1000);
  socket.once('timeout', () => socket.destroy(new Error('no answer')));
  socket.end('srvr');
  const said = await text(socket);
  return { version: /version: ([\d.]*\d)/.exec(said)?.[1], mode: /Mode: (\w+)/.exec(said)?.[1] };
}
