/** Groups of queues for the compliance suite of the port: the engine on real ports and on those of memory, and the specs' own. */
import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { PaxosQueue } from '../../lib/paxos/paxos-queue.js';
import type { QueueLimits } from '../../lib/paxos/queue-limits.js';
import { realScheduler, type Scheduler } from '../../lib/paxos/scheduler.js';
import type { QueueEvent } from '../../lib/queue/events.js';
import type { Queue } from '../../lib/queue/queue.js';
import * as codec from '../../lib/serialization/codec.js';
import { MemoryNetwork } from '../../lib/transport/memory/memory-network.js';
import type { Transport } from '../../lib/transport/transport.js';
import type { QueueTestbed } from '../queue/queue-testbed.js';
import { MemoryLog, type MemoryQueue } from './memory-queue.js';
import { QueueGroup, silent } from './queue-group.js';

const indicesOf = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Real datagrams on loopback, and ledgers in a temporary directory. */
export async function openOverUdp(n: number): Promise<QueueTestbed> {
  const told = indicesOf(n).map((): QueueEvent[] => []);
  const group = await QueueGroup.open(n, {}, undefined, (index) => ({ listener: (event) => told[index]!.push(event) }));
  return {
    queues: group.queues,
    told,
    stop: (...indices) => group.close(...indices),
    kill: () => Promise.reject(new Error('a process cannot kill a part of itself')),
    reopen: (...indices) => group.reopen(indices),
    strand: (index) => group.close(...indicesOf(n).filter((other) => other !== index)),
    remove: () => group.remove(),
  };
}

/** One start of a process on ports of memory, which may end in the midst of everything. */
class Start {
  isAlive = true;
  queue!: Queue;
  transport!: Transport;

  /** Calls back only while the process is there. */
  readonly scheduler: Scheduler = {
    ...realScheduler,
    defer: (callback) => realScheduler.defer(() => this.#call(callback)),
    after: (ms, callback) => realScheduler.after(ms, () => this.#call(callback)),
    every: (ms, callback) => {
      const stop = realScheduler.every(ms, () => (this.isAlive ? callback() : stop()));
      return stop;
    },
  };

  #call(callback: () => void): void {
    if (this.isAlive) callback();
  }
}

/** The engine on disks and a network in memory. */
class MemoryPorts implements QueueTestbed {
  readonly queues: Queue[] = [];
  readonly told: readonly QueueEvent[][];
  readonly #network = new MemoryNetwork((callback) => void setImmediate(callback));
  readonly #disks: readonly MemoryDisk[];
  readonly #starts: Start[] = [];

  constructor(
    readonly n: number,
    readonly limits: QueueLimits,
  ) {
    this.told = indicesOf(n).map(() => []);
    this.#disks = indicesOf(n).map(() => new MemoryDisk());
  }

  async reopen(...indices: readonly number[]): Promise<void> {
    await Promise.all(indices.map((index) => this.#open(index)));
  }

  async stop(...indices: readonly number[]): Promise<void> {
    await Promise.all(indices.map((index) => this.queues[index]!.close()));
  }

  async kill(...indices: readonly number[]): Promise<void> {
    for (const index of indices) {
      const start = this.#starts[index]!;
      start.isAlive = false;
      this.#disks[index]!.crash(false);
      await start.transport.close();
    }
  }

  strand(index: number): Promise<void> {
    return this.stop(...indicesOf(this.n).filter((other) => other !== index));
  }

  async remove(): Promise<void> {
    await Promise.all(this.#starts.filter(({ isAlive }) => isAlive).map(({ queue }) => queue.close()));
  }

  async #open(index: number): Promise<void> {
    const start = new Start();
    this.#starts[index] = start;
    const listener = (event: QueueEvent): void => void this.told[index]!.push(event);
    const options = { directory: 'nowhere', replicas: this.n, log: silent, listener, limits: this.limits };
    start.queue = await PaxosQueue.open('queue', options, {
      openLedger: () => this.#disks[index]!.open('queue'),
      setLedgerAside: () => 'aside',
      hasSetAside: () => false,
      openTransport: async (self, ofStart, receiver, log) => {
        start.transport = this.#network.open({ queueId: 'queue', self, start: ofStart, receiver, log });
        return start.transport;
      },
      scheduler: start.scheduler,
      codec,
    });
    this.queues[index] = start.queue;
  }
}

export async function openOverMemory(n: number, limits: QueueLimits = {}): Promise<QueueTestbed> {
  const group = new MemoryPorts(n, limits);
  await group.reopen(...indicesOf(n));
  return group;
}

/** The specs' own queue, which has room for few messages. */
export async function openMemoryQueues(n: number): Promise<QueueTestbed> {
  const log = new MemoryLog();
  log.capacity = 100;
  const told = indicesOf(n).map((): QueueEvent[] => []);
  log.members = indicesOf(n).map((index) => `000000000000000${index}` as ProcessId);
  const open = (index: number): MemoryQueue => log.queue(log.members[index], (event) => told[index]!.push(event));
  const queues = indicesOf(n).map(open);
  const stop = async (...indices: readonly number[]): Promise<void> => {
    await Promise.all(indices.map((index) => queues[index]!.close()));
  };
  return {
    queues,
    told,
    stop,
    kill: () => Promise.reject(new Error('nothing of it is outside of the memory')),
    reopen: async (...indices) => indices.forEach((index) => (queues[index] = open(index))),
    strand: async () => void (log.isHeld = true),
    remove: () => stop(...indicesOf(n)),
  };
}
