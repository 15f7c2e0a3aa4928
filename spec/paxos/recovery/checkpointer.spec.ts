import { beforeEach, describe, expect, it } from '@jest/globals';

import { Views } from '../../../lib/consensus/membership/views.js';
import type { Checkpoint, Verdict } from '../../../lib/model/checkpoint.js';
import { constants } from '../../../lib/model/constants.js';
import { TreplicaError } from '../../../lib/model/errors.js';
import type { Instance, ProcessId } from '../../../lib/model/ids.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import { defaults } from '../../../lib/model/settings.js';
import { groupIdOf, View } from '../../../lib/model/view.js';
import { Checkpointer } from '../../../lib/paxos/recovery/checkpointer.js';
import { restoreState } from '../../../lib/paxos/recovery/chunks.js';
import { type ReplayTask, replayTaskIn } from '../../../lib/paxos/recovery/replay-task.js';
import { Supplier } from '../../../lib/paxos/recovery/supplier.js';
import type { CheckpointEvent } from '../../../lib/queue/events.js';
import type { StateKeeper } from '../../../lib/queue/state-holder.js';
import { decodeHead } from '../../../lib/sequence/checkpoint-head.js';
import { BERT, DeliverySubject, KeptHolder, lone, SELF, textsUntil } from '../../support/delivery-subject.js';
import { CheckpointDisk, settled } from '../../support/stored-checkpoint.js';

const CARL = 'cccccccccccccccc' as ProcessId;
const DORA = 'dddddddddddddddd' as ProcessId;

interface Write {
  readonly records: () => readonly LedgerRecord[];
  readonly done: (error: Error | null) => void;
}

/** A checkpointer with all that it works on, and a ledger whose commits a spec may hold back. */
class Subject {
  readonly disk = new CheckpointDisk();
  readonly delivered = new DeliverySubject({ stretch: { positions: 9, bytes: Infinity } });
  readonly holder = new KeptHolder();
  readonly supplier: Supplier;
  readonly checkpointer: Checkpointer;
  readonly written: LedgerRecord[] = [];
  readonly announced: string[] = [];
  readonly events: CheckpointEvent[] = [];
  readonly failures: unknown[] = [];
  readonly verdicts: { readonly verdict: Verdict; readonly cause: unknown }[] = [];
  members: ProcessId[] = [SELF];
  commitsAtOnce = true;
  readonly writes: Write[] = [];
  isReceiving = false;
  logStart = 0;
  /** How far the log is cut by each truncation. */
  cuts: number[] = [];
  nextTurn = async (): Promise<void> => {};

  constructor() {
    this.supplier = new Supplier({
      settings: defaults,
      store: this.disk.store,
      send: () => {},
      onDamage: () => {},
      fail: () => {},
    });
    this.checkpointer = new Checkpointer({
      settings: defaults,
      self: SELF,
      store: this.disk.store,
      delivery: this.delivered.delivery,
      supplier: this.supplier,
      membership: () => {
        const view = new View(0, this.members);
        const group = groupIdOf(view.members, 0);
        const past = { group, views: [{ view, from: 0 as Instance }], borderInstances: constants.borderInstances };
        return { group, views: new Views(past, { first: 0 as Instance }) };
      },
      latest: null,
      write: (records, done) => {
        this.writes.push({ records, done });
        if (this.commitsAtOnce) this.commit();
      },
      isReceiving: () => this.isReceiving,
      logStart: () => this.logStart as Instance,
      logMarginBytes: 5,
      chunkBytes: 10,
      task: { directory: 'directory', queueId: 'queue', stretch: { positions: 9, bytes: Infinity } },
      nextTurn: () => this.nextTurn(),
      announce: ({ digest }) => this.announced.push(digest),
      notify: (event) => this.events.push(event),
      condemn: (verdict, cause) => this.verdicts.push({ verdict, cause }),
      fail: (error) => this.failures.push(error),
    });
    this.delivered.onProgress = () => this.checkpointer.progressed();
    void this.delivered.delivery.bind(this.holder);
  }

  get keeper(): { -readonly [K in keyof StateKeeper]: StateKeeper[K] } {
    return this.holder.keeper;
  }

  commit(): void {
    const write = this.writes.shift();
    if (write === undefined) return;
    const records = write.records();
    this.written.push(...records);
    if (records.some(({ kind }) => kind === 'truncation')) this.logStart += this.cuts.shift() ?? 0;
    write.done(null);
  }

  /** Batches of three messages, three of which make a stretch. */
  async deliver(count: number): Promise<void> {
    const { log } = this.delivered;
    for (let i = 0; i < count; i += 1) {
      this.delivered.decideAndCommit(lone(BERT, 4 * log.length + 3));
      this.delivered.settle();
      await settled();
    }
  }

  get checkpoints(): Checkpoint[] {
    return this.written.flatMap((record) => (record.kind === 'checkpoint' ? [record.checkpoint] : []));
  }

  /** What a checkpoint holds: texts, and the head. */
  async contents(checkpoint: Checkpoint): Promise<{ texts: string[]; next: number; position: number }> {
    const reader = await this.disk.store.open(checkpoint);
    const { cursor } = decodeHead(await reader.chunk(0));
    const texts: string[] = [];
    const push = (piece: Uint8Array): void => void texts.push(Buffer.from(piece).toString());
    const keeper = { restore: () => ({ push, finish: () => undefined }) } as unknown as StateKeeper;
    await restoreState(reader, checkpoint.chunks, keeper, async () => undefined);
    return { texts, next: cursor.next, position: cursor.position };
  }

  announce(from: ProcessId, digest: string, next = 3): void {
    const view = new View(0, this.members);
    this.checkpointer.onAnnounced(from, { kind: 'checkpointed', next: next as Instance, digest }, view);
  }

  /** Has checkpoints made by somebody else, who says what `make` says. Returns the tasks. */
  saveElsewhere(make: (task: ReplayTask, signal: AbortSignal) => Promise<Checkpoint>): ReplayTask[] {
    const tasks: ReplayTask[] = [];
    this.keeper.saveElsewhere = ({ content }, signal) => {
      const task = replayTaskIn(structuredClone(content));
      tasks.push(task);
      return make(task, signal);
    };
    return tasks;
  }
}

const digestA = 'a'.repeat(32);
const digestB = 'b'.repeat(32);
const digestC = 'c'.repeat(32);

let subject: Subject;

beforeEach(() => {
  subject = new Subject();
});

function foreignCheckpoint(next: number): Checkpoint {
  const { checkpoint } = subject.delivered.baseAt(0);
  return { ...checkpoint, next: next as Instance, digest: digestB };
}

describe('a checkpoint', () => {
  it('is made at the end of each stretch, and holds the state as of where it says that it ends', async () => {
    await subject.deliver(7);
    expect(subject.checkpoints.map(({ next }) => next)).toEqual([3, 6]);
    const [, last] = subject.checkpoints;
    expect(await subject.contents(last!)).toEqual({
      texts: textsUntil(subject.delivered.log, 6),
      next: 6,
      position: 18,
    });
    expect([subject.disk.complete.map(([next]) => next), subject.supplier.current]).toEqual([[6], last]);
  });

  it('is made later the higher the rank of the process', async () => {
    subject.members = ['0000000000000000' as ProcessId, SELF, BERT];
    await subject.deliver(3);
    expect(subject.checkpoints).toEqual([]);
    await subject.deliver(1);
    expect(subject.checkpoints.map(({ next }) => next)).toEqual([4]);
  });

  it('is made once at a time, whoever asks', async () => {
    await subject.deliver(1);
    const [first, second] = await Promise.all([subject.checkpointer.checkpoint(), subject.checkpointer.checkpoint()]);
    expect([first.next, second, subject.checkpoints.length]).toEqual([1, first, 1]);
  });

  it('waits until the holder holds what delivery says that it has been given', async () => {
    await subject.deliver(1);
    const { delivered } = subject;
    delivered.log.push(...Array.from({ length: 4 }, (_, i) => lone(BERT, 4 * i + 7)));
    delivered.install(delivered.baseAt(4));
    const made = subject.checkpointer.checkpoint();
    await settled();
    expect(subject.checkpoints).toEqual([]);
    await delivered.restorations[0]!.finish();
    const checkpoint = await made;
    expect(await subject.contents(checkpoint)).toMatchObject({ texts: textsUntil(delivered.log, 4), next: 4 });
  });

  it('holds nothing that is delivered while it is made', async () => {
    await subject.deliver(2);
    let goOn: () => void = () => {};
    subject.nextTurn = () => new Promise((resolve) => (goOn = resolve));
    subject.checkpointer.checkpoint().catch(() => {});
    await settled();
    subject.delivered.decideAndCommit(lone(BERT, 99));
    subject.delivered.settle();
    expect(subject.holder.state).toEqual(textsUntil(subject.delivered.log, 2));
    subject.nextTurn = async () => {};
    goOn();
    await settled();
    subject.delivered.settle();
    expect(subject.holder.state).toEqual(textsUntil(subject.delivered.log, 3));
    expect(await subject.contents(subject.checkpoints[0]!)).toMatchObject({
      texts: textsUntil(subject.delivered.log, 2),
      next: 2,
    });
  });

  it('that cannot be made is tried again after the next stretch, and keeps nothing waiting', async () => {
    let attempts = 0;
    subject.keeper.save = () => {
      attempts += 1;
      throw new TreplicaError('NOT_SERIALIZABLE', 'A socket has no bytes.');
    };
    await subject.deliver(5);
    expect([attempts, subject.events.length]).toEqual([1, 1]);
    await subject.deliver(1);
    expect([attempts, subject.holder.state]).toEqual([2, textsUntil(subject.delivered.log, 6)]);
    await expect(subject.checkpointer.checkpoint()).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    expect(subject.disk.complete).toEqual([]);
  });

  it('is not made of what keeps no state', async () => {
    Object.defineProperty(subject.holder, 'keeper', { value: undefined });
    await expect(subject.checkpointer.checkpoint()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });
});

describe('an installation', () => {
  it('takes the place of a checkpoint that is being made: it is never recorded, and whoever waits gets the other', async () => {
    await subject.deliver(2);
    let goOn: () => void = () => {};
    subject.nextTurn = () => new Promise((resolve) => (goOn = resolve));
    const made = subject.checkpointer.checkpoint();
    await settled();
    subject.checkpointer.installed(foreignCheckpoint(10));
    goOn();
    expect(await made).toEqual(foreignCheckpoint(10));
    expect([subject.checkpoints, subject.events]).toEqual([[], []]);
    await subject.deliver(1);
    expect(subject.holder.state).toEqual(textsUntil(subject.delivered.log, 3));
  });

  it('takes the place of one that is made and not recorded yet', async () => {
    await subject.deliver(1);
    subject.commitsAtOnce = false;
    const made = subject.checkpointer.checkpoint();
    await settled();
    subject.commit();
    await settled();
    subject.checkpointer.installed(foreignCheckpoint(10));
    while (subject.writes.length > 0) subject.commit();
    expect(await made).toEqual(foreignCheckpoint(10));
    expect([subject.checkpoints, subject.supplier.current]).toEqual([[], foreignCheckpoint(10)]);
  });
});

describe('what a checkpoint makes superfluous', () => {
  it('stays while another is on its way here', async () => {
    await subject.deliver(3);
    const coming = await subject.disk.store.receive(foreignCheckpoint(50));
    await coming.append(Buffer.from('x'));
    subject.isReceiving = true;
    await subject.deliver(3);
    expect([subject.disk.complete.map(([next]) => next), subject.disk.received]).toEqual([[3, 6], [[50, 1]]]);
    subject.isReceiving = false;
    await subject.deliver(3);
    expect([subject.disk.complete.map(([next]) => next), subject.disk.received]).toEqual([[9], []]);
  });

  it('is cut off the log as long as there is anything', async () => {
    subject.cuts = [16, 16, 3];
    await subject.deliver(3);
    expect(subject.written.filter(({ kind }) => kind === 'truncation')).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'truncation', keepBytes: 5 })),
    );
  });

  it('stays in the log for somebody who is being served, but not for ever', async () => {
    await subject.deliver(3);
    const cut = () => subject.written.filter(({ kind }) => kind === 'truncation').length;
    const before = cut();
    const { digest } = subject.supplier.current!;
    subject.supplier.onWantChunk(CARL, { kind: 'want-chunk', digest, index: 0 });
    await subject.deliver(12);
    expect(cut()).toBe(before);
    await subject.deliver(3);
    expect(cut()).toBeGreaterThan(before);
  });
});

describe('a checkpoint that another process makes', () => {
  it('ends at the end of the stretch, and is announced', async () => {
    const made = await subject.disk.save(3, ['head', 'state']);
    const tasks = subject.saveElsewhere(async () => made);
    await subject.deliver(3);
    expect(tasks).toMatchObject([{ until: 3, latest: null, directory: 'directory', queueId: 'queue' }]);
    expect([subject.checkpoints, subject.announced]).toEqual([[made], [made.digest]]);
    await subject.deliver(3);
    expect(tasks[1]).toMatchObject({ until: 6, latest: made });
  });

  it('ends anywhere where somebody asks for one, and is then not announced', async () => {
    const made = await subject.disk.save(1, ['head', 'state']);
    subject.saveElsewhere(async () => made);
    await subject.deliver(1);
    await subject.checkpointer.checkpoint();
    expect([subject.checkpoints, subject.announced]).toEqual([[made], []]);
  });

  it('of what is damaged is made of the state here', async () => {
    const tasks = subject.saveElsewhere(() => Promise.reject(new TreplicaError('LEDGER_DAMAGED', 'damaged')));
    await subject.deliver(3);
    expect([tasks.length, subject.checkpoints.map(({ next }) => next), subject.announced]).toEqual([1, [3], []]);
  });

  it('is made of the state here while the latest cannot be read, and elsewhere again after that', async () => {
    const tasks = subject.saveElsewhere(async ({ until }) => subject.disk.save(until, ['head']));
    await subject.deliver(3);
    subject.checkpointer.lost();
    expect(subject.supplier.current).toBeNull();
    await subject.deliver(3);
    expect([tasks.length, subject.checkpoints.map(({ next }) => next)]).toEqual([1, [3, 6]]);
    await subject.deliver(3);
    expect(tasks.map(({ latest }) => latest?.next)).toEqual([undefined, 6]);
  });

  it('is made here when others have been ended for three stretches, so that the log does not grow without bound', async () => {
    const tasks = subject.saveElsewhere(() => Promise.reject(new TreplicaError('LEDGER_FAILED', 'it was ended')));
    await subject.deliver(9);
    expect([tasks.length, subject.checkpoints]).toEqual([3, []]);
    await subject.deliver(3);
    expect([tasks.length, subject.checkpoints.map(({ next }) => next)]).toEqual([3, [12]]);
    await subject.deliver(3);
    expect(tasks).toHaveLength(4);
  });

  it('is called off when the queue closes', async () => {
    subject.saveElsewhere(
      (_task, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    await subject.deliver(3);
    await subject.checkpointer.close();
    expect([subject.checkpoints, subject.events]).toEqual([[], []]);
  });
});

describe('digests', () => {
  beforeEach(() => {
    subject.members = [SELF, BERT, CARL];
  });

  it('that a majority shares against this process stop it', () => {
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB);
    expect(subject.events).toMatchObject([{ kind: 'states-differ' }]);
    expect(subject.verdicts).toEqual([]);
    subject.announce(CARL, digestB);
    expect(subject.verdicts).toEqual([
      {
        verdict: { next: 3, refuted: digestA, upheld: digestB },
        cause: expect.objectContaining({ code: 'INVARIANT_VIOLATION' }),
      },
    ]);
  });

  it('that a majority shares against this process let it execute nothing more, and offer nothing', async () => {
    await subject.deliver(1);
    await subject.checkpointer.checkpoint();
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB);
    expect(subject.supplier.current).not.toBeNull();
    subject.announce(CARL, digestB);
    expect(subject.supplier.current).toBeNull();
    const { length } = subject.holder.texts;
    await subject.deliver(2);
    expect(subject.holder.texts).toHaveLength(length);
  });

  it('that all differ stop nobody: nobody knows who is right', () => {
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB);
    subject.announce(CARL, digestC);
    expect(subject.events).toHaveLength(2);
  });

  it('of who has no vote are not counted', () => {
    subject.announce(SELF, digestA);
    subject.announce(DORA, digestB);
    subject.announce(BERT, digestB);
    expect(subject.events).toHaveLength(1);
  });

  it('are compared at the same place only', () => {
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB, 6);
    subject.announce(CARL, digestB, 9);
    expect(subject.events).toEqual([]);
  });

  it('of the others stop a process that is the last to make its checkpoint', async () => {
    subject.announce(BERT, digestB);
    subject.announce(CARL, digestB);
    subject.saveElsewhere(async () => subject.disk.save(3, ['another state']));
    await subject.deliver(4);
    expect(subject.checkpoints).toEqual([]);
    expect(subject.verdicts).toMatchObject([{ verdict: { next: 3, upheld: digestB } }]);
  });
});

describe('a checkpointer that is closed', () => {
  it('leaves the disk alone when that is done, and complains of nothing', async () => {
    await subject.deliver(2);
    let goOn: () => void = () => {};
    subject.nextTurn = () => new Promise((resolve) => (goOn = resolve));
    const made = subject.checkpointer.checkpoint().catch((error: unknown) => error);
    await settled();
    const closed = subject.checkpointer.close();
    goOn();
    await closed;
    expect(await made).toMatchObject({ code: 'QUEUE_CLOSED' });
    await subject.deliver(3);
    expect([subject.checkpoints, subject.disk.complete, subject.events]).toEqual([[], [], []]);
    await expect(subject.checkpointer.checkpoint()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });
});
