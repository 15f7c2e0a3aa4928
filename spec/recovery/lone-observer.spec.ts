import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { PaxosQueue } from '../../lib/paxos/paxos-queue.js';
import { realScheduler } from '../../lib/paxos/scheduler.js';
import * as codec from '../../lib/serialization/codec.js';
import { MemoryNetwork } from '../../lib/transport/memory/memory-network.js';
import { Append, Journal } from '../programs/journal.js';
import { entriesUntil } from '../support/journal-entries.js';
import { silent } from '../support/queue-group.js';
import { settled } from '../support/settled.js';
import { soon } from '../support/soon.js';

const QUEUE = 'queue';
const ENTRIES = entriesUntil(21);

/** The only member of a group, or its observer: a process that may not found a group and follows the one that there is. */
class Process {
  readonly disk = new MemoryDisk(undefined, { segmentInstances: 4 });
  queue!: PaxosQueue;
  machine!: ReplicatedStateMachine<Journal>;

  constructor(
    readonly network: MemoryNetwork,
    readonly observes: boolean,
  ) {}

  async start(): Promise<void> {
    const checkpoint = { logMarginBytes: 0 };
    this.queue = await PaxosQueue.open(
      QUEUE,
      { directory: 'nowhere', replicas: 1, log: silent, recover: this.observes, checkpoint },
      {
        openLedger: () => this.disk.open(QUEUE),
        setLedgerAside: () => 'aside',
        hasSetAside: () => this.observes,
        openTransport: async (self, start, receiver, log) =>
          this.network.open({ queueId: QUEUE, self, start, receiver, log }),
        scheduler: realScheduler,
        codec,
      },
    );
    this.machine = await ReplicatedStateMachine.create(new Journal(), this.queue);
  }
}

describe('the observer of a group of one', () => {
  let member: Process;
  let observer: Process;

  beforeEach(async () => {
    const network = new MemoryNetwork((callback) => setImmediate(callback));
    [member, observer] = [new Process(network, false), new Process(network, true)];
    await member.start();
    await observer.start();
    for (const entry of ENTRIES) await member.machine.execute(new Append(entry));
    await soon(() => expect(observer.machine.state.entries).toEqual(ENTRIES));
  });

  afterEach(async () => {
    await Promise.all([member.queue.close(), observer.queue.close()]);
  });

  it('learns again from the member what is damaged in its log', async () => {
    await observer.queue.close();
    const { entries } = observer.disk.file(QUEUE);
    for (const [instance, entry] of entries) if (instance === 5) entry[entry.length - 1]! ^= 1;
    await observer.start();
    expect(observer.machine.state.entries).toEqual(ENTRIES);
  });

  it('goes on from a checkpoint of the member where its own is damaged and its log was cut', async () => {
    await member.queue.checkpoint();
    await observer.queue.checkpoint();
    await settled();
    await observer.queue.close();
    const file = observer.disk.file(QUEUE);
    expect(file.entries.has(0 as never)).toBe(false);
    for (const { chunks } of file.checkpoints.complete.values())
      for (const chunk of chunks) chunk[chunk.length - 1]! ^= 1;
    await observer.start();
    expect(observer.machine.state.entries).toEqual(ENTRIES);
  });
});
