import type { Checkpoint, Verdict } from '../../model/checkpoint.js';
import { InvariantViolation, TreplicaError } from '../../model/errors.js';
import type { ProcessId } from '../../model/ids.js';
import type { LedgerRecord } from '../../model/records.js';
import type { Settings } from '../../model/settings.js';
import type { View } from '../../model/view.js';
import type { Mark } from '../../sequence/cursor.js';
import type { RepairMessageOf } from '../wire/repair-messages.js';
import { CheckpointSchedule, type CheckpointScheduleOptions } from './checkpoint-schedule.js';
import { Digests } from './digests.js';
import { Purger, type PurgerOptions } from './purger.js';
import { SaveWatch } from './save-watch.js';
import { Saver, type SaverOptions } from './saver.js';

/** The options of the parts, and what the checkpointer itself needs. */
export interface CheckpointerOptions extends CheckpointScheduleOptions, SaverOptions, PurgerOptions {
  readonly settings: Settings;
  /** The checkpoint that the ledger holds at the start; null where it has been refuted. */
  readonly latest: Checkpoint | null;
  readonly announce: (message: RepairMessageOf<'checkpointed'>) => void;
  /** A majority has refuted the state here: this process stops, as soon as it can never go on from it again. */
  readonly condemn: (verdict: Verdict, cause: InvariantViolation) => void;
}

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
 * Makes checkpoints, one at a time: has the state saved when it is due or asked for, records the checkpoint in the ledger,
 * compares it with those of others, and has removed what it makes superfluous.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #digests: Digests;
  readonly #watch: SaveWatch;
  readonly #schedule: CheckpointSchedule;
  readonly #saver: Saver;
  readonly #purger: Purger;
  #latest: Checkpoint | null;
  /** The latest one cannot be read, nor can the next be made of it. */
  #isLost = false;
  #save: Save | null = null;
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
    this.#schedule = new CheckpointSchedule(options, options.latest);
    this.#saver = new Saver(options, this.#watch, () => this.#write(() => []));
    this.#purger = new Purger(options);
    options.supplier.current = options.latest;
  }

  /** Something has been delivered: a checkpoint may be due. */
  progressed(): void {
    this.#schedule.progressed();
    if (this.#save !== null || this.#isClosed || !this.#schedule.isDue) return;
    this.#begin(this.#schedule.begin()).catch((error: unknown) => {
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
    this.#purger.purge(checkpoint);
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
    await this.#purger.purged;
  }

  /** The one that the ledger names; null where it is lost, or there is none. */
  get latest(): Checkpoint | null {
    return this.#isLost ? null : this.#latest;
  }

  /** Resolves when nothing is being removed. */
  get purged(): Promise<void> {
    return this.#purger.purged;
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

  async #make(boundary: Mark | null, callOff: AbortController): Promise<Checkpoint> {
    const { delivery } = this.#options;
    const { signal } = callOff;
    await this.#purger.purged;
    // Until then the holder does not have the state that delivery assumes.
    while (delivery.keeper !== null && delivery.isDisturbed) {
      await delivery.caughtUp();
      await this.#options.nextTurn();
    }
    signal.throwIfAborted();
    const membership = this.#options.membership();
    if (delivery.keeper === null || membership === null || this.#isClosed) throw unable();
    const { checkpoint, isComparable } = await this.#saver.save({
      keeper: delivery.keeper,
      membership,
      boundary,
      latest: this.#latest,
      mayBeElsewhere: !this.#isLost && this.#schedule.isElsewhereSoonEnough,
      callOff,
    });
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
    this.#purger.purge(checkpoint);
    return checkpoint;
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
    this.#schedule.became(checkpoint);
    this.#watch.succeeded();
    this.#isLost = false;
    this.#options.supplier.current = checkpoint;
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
