import { afterEach, describe, expect, it } from '@jest/globals';

import type { Ledger } from '../../lib/ledger/ledger.js';
import type { DiskWrite } from '../../lib/ledger/memory/disk-write.js';
import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { PaxosQueue } from '../../lib/paxos/paxos-queue.js';
import { realScheduler } from '../../lib/paxos/scheduler.js';
import type { CheckpointOptions } from '../../lib/queue/checkpoint-options.js';
import * as codec from '../../lib/serialization/codec.js';
import { MemoryNetwork } from '../../lib/transport/memory/memory-network.js';
import { Journal } from '../programs/journal.js';
import { append } from '../support/journal-entries.js';
import { rejection, silent } from '../support/queue-group.js';
import { settled } from '../support/settled.js';

const QUEUE = 'queue';

/** A group of one on a disk in memory. */
class Lone {
  ledger!: Ledger;
  queue!: PaxosQueue;
  machine!: ReplicatedStateMachine<Journal>;

  constructor(
    readonly disk: MemoryDisk,
    readonly checkpoint: CheckpointOptions = {},
  ) {}

  async start(): Promise<void> {
    this.queue = await PaxosQueue.open(
      QUEUE,
      { directory: 'nowhere', replicas: 1, log: silent, checkpoint: this.checkpoint },
      {
        openLedger: () => (this.ledger = this.disk.open(QUEUE)),
        setLedgerAside: () => 'aside',
        hasSetAside: () => false,
        openTransport: async (self, start, receiver, log) =>
          new MemoryNetwork(() => undefined).open({ queueId: QUEUE, self, start, receiver, log }),
        scheduler: realScheduler,
        codec,
      },
    );
    this.machine = await ReplicatedStateMachine.create(new Journal(), this.queue);
  }

  async append(count: number): Promise<void> {
    await append(this.machine, 0, count);
  }

  damageCheckpoint(): void {
    const { complete } = this.disk.file(QUEUE).checkpoints;
    for (const { chunks } of complete.values()) for (const chunk of chunks) chunk[chunk.length - 1]! ^= 1;
  }
}

let lone: Lone;

afterEach(async () => {
  await lone.queue.close();
});

describe('a process that is alone', () => {
  it('keeps of the log below its own checkpoint as much as it is to keep', async () => {
    lone = new Lone(new MemoryDisk(undefined, { segmentInstances: 4 }));
    await lone.start();
    await lone.append(20);
    const { next } = await lone.queue.checkpoint();
    expect(next).toBeGreaterThanOrEqual(20);
    await settled();
    expect(lone.ledger.start).toBe(0);
  });

  it('cuts the log in whole segments where it is to keep nothing', async () => {
    lone = new Lone(new MemoryDisk(undefined, { segmentInstances: 4 }), { logMarginBytes: 0 });
    await lone.start();
    await lone.append(21);
    await lone.queue.checkpoint();
    await settled();
    expect(lone.ledger.start).toBe(20);
  });

  it('starts from its log where its checkpoint is damaged and the log is whole', async () => {
    lone = new Lone(new MemoryDisk());
    await lone.start();
    await lone.append(10);
    await lone.queue.checkpoint();
    await lone.queue.close();
    lone.damageCheckpoint();
    await lone.start();
    expect(lone.machine.state.entries).toHaveLength(10);
    await lone.append(1);
    expect((await lone.queue.checkpoint()).position).toBe(11);
  });

  it('refuses to start where nothing can take the place of a damaged checkpoint', async () => {
    lone = new Lone(new MemoryDisk(undefined, { segmentInstances: 4 }), { logMarginBytes: 0 });
    await lone.start();
    await lone.append(21);
    await lone.queue.checkpoint();
    await settled();
    await lone.queue.close();
    lone.damageCheckpoint();
    expect(await rejection(lone.start())).toMatchObject({ code: 'LEDGER_DAMAGED' });
  });

  it('stops where nothing can take the place of a damaged entry of its log', async () => {
    lone = new Lone(new MemoryDisk());
    await lone.start();
    await lone.append(10);
    await lone.queue.close();
    const { entries } = lone.disk.file(QUEUE);
    for (const [instance, entry] of entries) if (instance === 5) entry[entry.length - 1]! ^= 1;
    expect(await rejection(lone.start())).toMatchObject({ code: 'LEDGER_DAMAGED' });
    expect(await rejection(lone.queue.closed)).toMatchObject({ code: 'LEDGER_DAMAGED' });
  });

  it('closes when the disk has done with the checkpoint that is being made', async () => {
    const writes: DiskWrite[] = [];
    let isSlow = false;
    const disk = new MemoryDisk(undefined, {
      onCheckpointWrite: (write) => {
        if (isSlow) writes.push(write);
        else write.complete();
      },
    });
    lone = new Lone(disk);
    await lone.start();
    await lone.append(3);
    isSlow = true;
    const made = rejection(lone.queue.checkpoint());
    await settled();
    let isClosed = false;
    const closed = lone.queue.close().then(() => (isClosed = true));
    await settled();
    expect([writes.length, isClosed]).toEqual([1, false]);
    isSlow = false;
    writes[0]!.complete();
    await closed;
    expect(await made).toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(disk.file(QUEUE).checkpoints.complete.size).toBe(0);
  });
});
