/**
 * `member QUEUE DIRECTORY PORT [KEY]`: a member of a group of three under attack, in a process of its own. Tells its parent the group
 * that it belongs to, and answers each question of the parent with its state, once it has put something and had it ordered.
 */
import type { GroupId, ProcessId } from '../../../lib/model/ids.js';
import { PaxosQueue } from '../../../lib/paxos/paxos-queue.js';
import { realPorts } from '../../../lib/paxos/ports.js';
import { decode, encode } from '../../../lib/serialization/codec.js';
import type { Transport, TransportStatistics } from '../../../lib/transport/transport.js';
import { silent } from '../../support/queue-group.js';

/** The first message to the parent. */
export interface Joined {
  readonly process: ProcessId;
  readonly group: GroupId;
  readonly members: readonly ProcessId[];
  /** Of both lanes. */
  readonly port: number;
}

/** The parent asks so. */
export interface Question {
  /** Whether to put something, and to collect garbage, before it answers. */
  readonly isThorough: boolean;
}

/** The answer. */
export interface State {
  readonly statistics: TransportStatistics;
  /** Of the heap and of buffers outside of it; of an answer that is not thorough, with garbage. */
  readonly memoryBytes: number;
  readonly position: number;
  /** Events that tell of messages which were heard and count for nothing. */
  readonly refused: number;
  /** Null while the queue works. */
  readonly stopped: string | null;
}

const [queueId = '', directory = '', port = '', key] = process.argv.slice(2);
const keys = key === undefined ? {} : { keys: [{ id: 1, key }] };
const options = { directory, replicas: 3, port: Number(port), log: silent, ...keys };
const ports = realPorts(queueId, options, { encode, decode });
let transport: Transport | null = null;
let refused = 0;
const founded: Pick<Joined, 'group' | 'members'>[] = [];

const queue = await PaxosQueue.open(
  queueId,
  {
    ...options,
    listener: (event) => {
      if (event.kind === 'founded') founded.push(event);
      if (event.kind === 'refused' || event.kind === 'malformed' || event.kind === 'foreign-group') refused += 1;
    },
  },
  {
    ...ports,
    openTransport: async (...args) => {
      transport = await ports.openTransport(...args);
      return transport;
    },
  },
);
let stopped: string | null = null;
queue.closed.catch((error: unknown) => {
  stopped = String(error);
});
// Nobody reads: what is delivered must not pile up.
void (async () => {
  for await (const _ of queue);
})().catch((error: unknown) => {
  stopped = String(error);
});

async function answer({ isThorough }: Question): Promise<State> {
  if (isThorough && stopped === null) {
    await queue.put('something');
    await queue.sync();
    globalThis.gc?.();
  }
  if (transport === null) throw new Error('A queue that is open has a transport.');
  const { heapUsed, external } = process.memoryUsage();
  return {
    statistics: transport.statistics,
    memoryBytes: heapUsed + external,
    position: queue.status().position,
    refused,
    stopped,
  };
}

process.on('message', (question: Question) => {
  answer(question).then(
    (state) => process.send?.(state),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => {
  void queue.close().then(() => process.exit(0));
});

const [first] = founded;
if (first === undefined) throw new Error('A queue that is open has been founded.');
const { group, members } = first;
process.send?.({ process: queue.processId, group, members, port: Number(port) } satisfies Joined);
