import { KeyStates } from '../../../lib/consensus/key-states.js';
import { Views } from '../../../lib/consensus/membership/views.js';
import { Outbox } from '../../../lib/consensus/outbox.js';
import type { Checkpoint, Verdict } from '../../../lib/model/checkpoint.js';
import { constants } from '../../../lib/model/constants.js';
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
import { DeliverySubject, KeptHolder, lone, SELF } from '../../support/delivery-subject.js';
import { BERT } from '../../support/ids.js';
import { settled } from '../../support/settled.js';
import { CheckpointDisk } from '../../support/stored-checkpoint.js';

interface Write {
  readonly records: () => readonly LedgerRecord[];
  readonly done: (error: Error | null) => void;
}

/** A checkpointer with all that it works on, and a ledger whose commits a spec may hold back. */
export class CheckpointerSubject {
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
        return { group, views: new Views(past, { first: 0 as Instance }), keys: new KeyStates([], new Outbox(SELF)) };
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
    await restoreState(reader, checkpoint, keeper, async () => undefined);
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

export const digestA = 'a'.repeat(32);
export const digestB = 'b'.repeat(32);
export const digestC = 'c'.repeat(32);
