import type { GroupViews } from '../../consensus/membership/views.js';
import type { CheckpointStore } from '../../ledger/checkpoint-store.js';
import type { Checkpoint, Verdict } from '../../model/checkpoint.js';
import { InvariantViolation, isDamage, TreplicaError } from '../../model/errors.js';
import type { GroupId, Instance, ProcessId } from '../../model/ids.js';
import type { LedgerRecord } from '../../model/records.js';
import type { Settings } from '../../model/settings.js';
import type { View } from '../../model/view.js';
import type { CheckpointEvent } from '../../queue/events.js';
import type { SavingTask, StateKeeper } from '../../queue/state-holder.js';
import type { CheckpointHead } from '../../sequence/checkpoint-head.js';
import { encodeHead } from '../../sequence/checkpoint-head.js';
import type { Mark } from '../../sequence/cursor.js';
import type { Delivery } from '../delivery.js';
import type { RepairMessageOf } from '../wire/repair-messages.js';
import { type NextTurn, saveState } from './chunks.js';
import { Digests } from './digests.js';
import { type ReplayTask, savingTaskOf } from './replay-task.js';
import { SaveWatch } from './save-watch.js';
import type { Supplier } from './supplier.js';

export interface CheckpointerOptions {
  readonly settings: Settings;
  readonly self: ProcessId;
  readonly store: CheckpointStore;
  readonly delivery: Delivery;
  readonly supplier: Supplier;
  /** The group and its views; null before it is founded. */
  readonly membership: () => Membership | null;
  /** The checkpoint that the ledger holds at the start; null where it has been refuted. */
  readonly latest: Checkpoint | null;
  /** Makes records durable together with the watermark, and then calls back: as `Driver.write`. */
  readonly write: (records: () => readonly LedgerRecord[], done: (error: Error | null) => void) => void;
  /** Whether a checkpoint of another process is on its way here: nothing that is not needed may then be removed. */
  readonly isReceiving: () => boolean;
  /** The first instance that the log holds. */
  readonly logStart: () => Instance;
  readonly logMarginBytes: number;
  /** The part of every task for another process that is always the same. */
  readonly task: Pick<ReplayTask, 'directory' | 'queueId' | 'stretch'>;
  readonly nextTurn: NextTurn;
  /** The size of a chunk in bytes; a chunk with a single larger piece of the state is larger. */
  readonly chunkBytes: number;
  readonly announce: (message: RepairMessageOf<'checkpointed'>) => void;
  readonly notify: (event: CheckpointEvent) => void;
  /** A majority has refuted the state here: this process stops, as soon as it can never go on from it again. */
  readonly condemn: (verdict: Verdict, cause: InvariantViolation) => void;
  readonly fail: (error: unknown) => void;
}

/** The group that this process belongs to. */
export interface Membership {
  readonly group: GroupId;
  readonly views: GroupViews;
}

/** So many times in a row the log is kept for a process that is being served a checkpoint. */
const POSTPONED_MAX = 4;

/**
 * So many stretches after the latest checkpoint the next one is made here. Until then another process may make it: that takes
 * longer, and is lost whenever this process ends, so that the log of a process that ends often would grow without bound.
 */
const STRETCHES_ELSEWHERE_MAX = 3;

/** The reason that cancels a save that is no longer needed. */
const SUPERSEDED = new Error('the checkpoint of another process has been installed');

/** Why a save is called off whose state is not that of the others. */
const REFUTED = new TreplicaError(
  'QUEUE_CLOSED',
  'No checkpoint was made: a majority holds another state than this process.',
);

/** A save under way. */
interface Save {
  readonly checkpoint: Promise<Checkpoint>;
  readonly callOff: AbortController;
}

/**
 * Decides when this process saves its state, has it stored, and has the log below it cut. Replicas take turns: the one of
 * rank r among n waits for r n-ths of a stretch after the end of the last one.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #digests: Digests;
  readonly #watch: SaveWatch;
  #latest: Checkpoint | null;
  /** The latest one cannot be read, nor can the next be made of it. */
  #isLost = false;
  #save: Save | null = null;
  /** The end of the last stretch for which a checkpoint was begun: where one fails the next is tried after the next stretch. */
  #tried = 0 as Instance;
  /** How many stretches have ended since the latest checkpoint, and where the last of them did. */
  #stretches = 0;
  #stretchEnd = 0 as Instance;
  /** The superfluous checkpoints have been removed from the disk. */
  #tidied: Promise<void> = Promise.resolve();
  #postponed = 0;
  #isClosed = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#digests = new Digests(options.self);
    this.#latest = options.latest;
    this.#watch = new SaveWatch({
      settings: options.settings,
      notify: options.notify,
      unsaved: () => options.delivery.front.position - (this.#latest?.position ?? 0),
    });
    options.supplier.current = options.latest;
  }

  /** Something has been delivered: a checkpoint may be due. */
  progressed(): void {
    this.#countStretches();
    if (this.#save !== null || this.#isClosed || !this.#isDue()) return;
    const { boundary } = this.#options.delivery.front;
    this.#tried = boundary.next;
    this.#begin(boundary).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.notify({ kind: 'checkpoint-failed', error });
    });
  }

  tick(): void {
    this.#watch.tick();
  }

  /**
   * Makes one that holds all that has been delivered by now, after the one under way if that began earlier; should another
   * process's be installed meanwhile, that is it. Rejects with what makes it impossible: NOT_SERIALIZABLE and
   * CLASS_NOT_REGISTERED for the state, LEDGER_FAILED for the disk, QUEUE_CLOSED.
   */
  async checkpoint(): Promise<Checkpoint> {
    const { next } = this.#options.delivery.front;
    const underWay = await this.#save?.checkpoint.catch(() => null); // It has been told of already.
    if (underWay && underWay.next >= next) return underWay;
    return this.#save?.checkpoint ?? this.#begin(null);
  }

  /** The latest checkpoint cannot be read any more: the next is made of the state itself. */
  lost(): void {
    this.#isLost = true;
    this.#options.supplier.current = null;
  }

  /** Another process's checkpoint has taken the place of the own. */
  installed(checkpoint: Checkpoint): void {
    this.#save?.callOff.abort(SUPERSEDED);
    this.#became(checkpoint);
    this.#tidy();
  }

  /** Whether the state here is valid. If it is not, this process does not execute anything more. */
  onAnnounced(from: ProcessId, message: RepairMessageOf<'checkpointed'>, view: View): boolean {
    const difference = this.#digests.note(from, message, view);
    if (difference === null) return true;
    const { facts, verdict } = difference;
    this.#options.notify({ kind: 'states-differ', facts });
    if (verdict === null) return true;
    this.#options.delivery.freeze();
    this.lost();
    this.#save?.callOff.abort(REFUTED);
    this.#options.condemn(verdict, new InvariantViolation('equal logs make equal states', facts));
    return false;
  }

  /** Resolves when the disk is left alone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#save?.callOff.abort(unable());
    await Promise.allSettled([this.#save?.checkpoint]);
    await this.#tidied;
  }

  /** The one that the ledger names; null where it is lost, or there is none. */
  get latest(): Checkpoint | null {
    return this.#isLost ? null : this.#latest;
  }

  /** Resolves when nothing is being removed. */
  get tidied(): Promise<void> {
    return this.#tidied;
  }

  /**
   * If a stretch is given, another process makes the checkpoint at its end, which all processes share; otherwise it is made of
   * the present state.
   */
  #begin(boundary: Mark | null): Promise<Checkpoint> {
    const callOff = new AbortController();
    const { signal } = callOff;
    const checkpoint = this.#make(boundary, callOff)
      .catch((error: unknown) => {
        if (signal.reason === SUPERSEDED && this.#latest !== null) return this.#latest;
        this.#watch.failed(error);
        throw error;
      })
      .finally(() => {
        this.#save = null;
        this.#watch.ends();
      });
    this.#save = { checkpoint, callOff };
    return checkpoint;
  }

  #countStretches(): void {
    const { next } = this.#options.delivery.front.boundary;
    if (next <= Math.max(this.#stretchEnd, this.#latest?.next ?? 0)) return;
    this.#stretchEnd = next;
    this.#stretches += 1;
  }

  #isDue(): boolean {
    const { delivery, membership, self } = this.#options;
    const { front } = delivery;
    const { boundary } = front;
    if (delivery.keeper === null || delivery.isDisturbed) return false;
    if (boundary.next <= Math.max(this.#latest?.next ?? 0, this.#tried)) return false;
    const group = membership();
    if (group === null) return false;
    const { current } = group.views;
    const rank = current.rankOf(self);
    return front.progress >= (rank < 0 ? 1 / 2 : rank / current.size);
  }

  async #make(boundary: Mark | null, callOff: AbortController): Promise<Checkpoint> {
    const { delivery } = this.#options;
    const { signal } = callOff;
    await this.#tidied;
    // Until then the holder does not have the state that delivery assumes.
    while (delivery.keeper !== null && delivery.isDisturbed) {
      await delivery.caughtUp();
      await this.#options.nextTurn();
    }
    signal.throwIfAborted();
    const membership = this.#options.membership();
    const { keeper } = delivery;
    if (keeper === null || membership === null || this.#isClosed) throw unable();
    const { group, views } = membership;
    const { checkpoint, isComparable } = await this.#store(keeper, { group, views: views.records }, boundary, callOff);
    // Only an ordinary commit remains, which cannot be cancelled.
    this.#watch.ends();
    signal.throwIfAborted();
    if (isComparable) this.#announce(checkpoint);
    // The ledger takes a checkpoint for one to go on from where its own watermark is lower.
    await this.#write(() => []);
    await this.#write(
      () => (signal.aborted ? [] : [{ kind: 'checkpoint', checkpoint }]),
      () => {
        if (!signal.aborted) this.#became(checkpoint);
      },
    );
    signal.throwIfAborted();
    this.#options.notify({ kind: 'checkpoint-made', checkpoint });
    this.#tidy();
    return checkpoint;
  }

  async #store(
    keeper: StateKeeper,
    group: Omit<CheckpointHead, 'cursor'>,
    boundary: Mark | null,
    callOff: AbortController,
  ): Promise<{ readonly checkpoint: Checkpoint; readonly isComparable: boolean }> {
    const { delivery, notify } = this.#options;
    const { signal } = callOff;
    if (keeper.saveElsewhere !== undefined && !this.#isLost && this.#stretches <= STRETCHES_ELSEWHERE_MAX) {
      try {
        // The other process reads the log no further than the ledger knows it to be decided.
        await this.#write(() => []);
        const task = this.#taskUntil((boundary ?? delivery.front).next, group);
        this.#watch.begins('starts', callOff);
        const checkpoint = await keeper.saveElsewhere(task, signal, (step) => {
          this.#watch.moved(step);
        });
        return { checkpoint, isComparable: boundary !== null };
      } catch (error) {
        // The other process has been ended in the midst of it, perhaps.
        await this.#options.store.removeUnfinished();
        if (signal.aborted || !isDamage(error)) throw error;
        notify({ kind: 'checkpoint-source-damaged', error });
      }
    }
    this.#watch.begins('encodes the state', null);
    return { checkpoint: await this.#saveHere(keeper, group, signal), isComparable: false };
  }

  #taskUntil(until: Instance, group: Omit<CheckpointHead, 'cursor'>): SavingTask {
    return savingTaskOf({ ...this.#options.task, ...group, until, latest: this.#latest });
  }

  /** Nothing is executed from the first piece of the state to the last; storing the last of them may take longer. */
  async #saveHere(
    keeper: StateKeeper,
    group: Omit<CheckpointHead, 'cursor'>,
    signal: AbortSignal,
  ): Promise<Checkpoint> {
    const { delivery, store, nextTurn, chunkBytes } = this.#options;
    const cursor = delivery.front.state;
    const writer = store.create({ next: cursor.next, position: cursor.position });
    const release = delivery.hold();
    const append = async (chunk: Uint8Array): Promise<void> => {
      await writer.append(chunk);
      this.#watch.moved();
      signal.throwIfAborted();
    };
    const nextTurnUnlessCalledOff = async (): Promise<void> => {
      await nextTurn();
      this.#watch.moved();
      signal.throwIfAborted();
    };
    try {
      try {
        await append(encodeHead({ ...group, cursor }));
        await saveState(keeper.save(), { append }, nextTurnUnlessCalledOff, chunkBytes);
      } finally {
        release();
      }
      return await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  /** At the end of a stretch every process has to hold the same: the others compare. */
  #announce({ next, digest }: Checkpoint): void {
    const { self, membership, announce } = this.#options;
    const message = { kind: 'checkpointed', next, digest } as const;
    announce(message);
    const group = membership();
    if (group === null) return;
    if (!this.onAnnounced(self, message, group.views.governing(next))) throw REFUTED;
  }

  /** Resolves when the records are durable; `then` is called before anything else is written. */
  #write(records: () => readonly LedgerRecord[], then: () => void = nothing): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#options.write(records, (error) => {
        if (error !== null) {
          reject(error);
          return;
        }
        then();
        resolve();
      });
    });
  }

  #became(checkpoint: Checkpoint): void {
    this.#latest = checkpoint;
    this.#stretches = 0;
    this.#watch.succeeded();
    this.#isLost = false;
    this.#options.supplier.current = checkpoint;
  }

  /**
   * Removes the data that the latest checkpoint makes superfluous, except while a process is being served that will need them.
   */
  #tidy(): void {
    const { store, supplier, isReceiving, fail } = this.#options;
    const latest = this.#latest;
    if (latest !== null && !isReceiving()) this.#tidied = this.#tidied.then(() => store.keepOnly([latest])).catch(fail);
    if (supplier.isBusy && this.#postponed < POSTPONED_MAX) {
      this.#postponed += 1;
      return;
    }
    this.#postponed = 0;
    this.#truncate();
  }

  #truncate(): void {
    const { write, logStart, logMarginBytes } = this.#options;
    const start = logStart();
    write(
      () => [{ kind: 'truncation', keepBytes: logMarginBytes }],
      (error) => {
        if (error === null && logStart() > start) this.#truncate();
      },
    );
  }
}

function nothing(): void {
  // Nobody has to know.
}

function unable(): TreplicaError {
  return new TreplicaError(
    'QUEUE_CLOSED',
    'No checkpoint was made: the queue is closed, or bound to nothing whose state can be saved.',
  );
}
