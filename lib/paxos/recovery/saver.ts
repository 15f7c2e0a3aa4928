import type { CheckpointStore } from '../../ledger/checkpoint-store.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { isDamage } from '../../model/errors.js';
import type { Instance } from '../../model/ids.js';
import type { CheckpointEvent } from '../../queue/events.js';
import type { SavingTask, StateKeeper } from '../../queue/state-holder.js';
import { encodeHead } from '../../sequence/checkpoint-head.js';
import type { Mark } from '../../sequence/cursor.js';
import type { Delivery } from '../delivery.js';
import { type NextTurn, saveState } from './chunks.js';
import type { Membership } from './membership.js';
import { type ReplayTask, savingTaskOf } from './replay-task.js';
import type { SaveWatch } from './save-watch.js';

export interface SaverOptions {
  readonly store: CheckpointStore;
  readonly delivery: Delivery;
  /** The part of every task for another process that is always the same. */
  readonly task: Pick<ReplayTask, 'directory' | 'queueId' | 'stretch'>;
  readonly nextTurn: NextTurn;
  /** The size of a chunk in bytes; a chunk with a single larger piece of the state is larger. */
  readonly chunkBytes: number;
  readonly notify: (event: CheckpointEvent) => void;
}

/** A state that is to be saved. */
export interface SaveRequest {
  readonly keeper: StateKeeper;
  /** A checkpoint has the views that are decided below its end, and no later ones that the core may know already. */
  readonly membership: Membership;
  /** The end of a stretch, where another process can save the state too; null for the present state. */
  readonly boundary: Mark | null;
  /** The checkpoint that another process begins with; null where it begins with the log. */
  readonly latest: Checkpoint | null;
  /** Whether another process may save it. */
  readonly mayBeElsewhere: boolean;
  readonly callOff: AbortController;
}

/** A checkpoint that is durable in the store and not recorded in the ledger yet. */
export interface Saved {
  readonly checkpoint: Checkpoint;
  /** Whether every process would make the same. */
  readonly isComparable: boolean;
}

/** Stores the state as a checkpoint: another process makes it out of the log and the latest one, or it is encoded here. */
export class Saver {
  readonly #options: SaverOptions;
  readonly #watch: SaveWatch;
  /** Resolves when the ledger holds the watermark up to which everything has been delivered. */
  readonly #watermarkWritten: () => Promise<void>;

  constructor(options: SaverOptions, watch: SaveWatch, watermarkWritten: () => Promise<void>) {
    this.#options = options;
    this.#watch = watch;
    this.#watermarkWritten = watermarkWritten;
  }

  async save(request: SaveRequest): Promise<Saved> {
    const { keeper, boundary, mayBeElsewhere, callOff } = request;
    const { signal } = callOff;
    if (keeper.saveElsewhere !== undefined && mayBeElsewhere) {
      try {
        // The other process reads the log no further than the ledger knows it to be decided.
        await this.#watermarkWritten();
        const task = this.#taskOf(request);
        this.#watch.begins('starts', callOff);
        const checkpoint = await keeper.saveElsewhere(task, signal, (step) => {
          this.#watch.moved(step);
        });
        return { checkpoint, isComparable: boundary !== null };
      } catch (error) {
        // The other process has been ended in the midst of it, perhaps.
        await this.#options.store.removeUnfinished();
        if (signal.aborted || !isDamage(error)) throw error;
        this.#options.notify({ kind: 'checkpoint-source-damaged', error });
      }
    }
    this.#watch.begins('encodes the state', null);
    return { checkpoint: await this.#saveHere(request), isComparable: false };
  }

  #taskOf({ membership: { group, views, keys }, boundary, latest }: SaveRequest): SavingTask {
    const { task, delivery } = this.#options;
    const until: Instance = (boundary ?? delivery.front).next;
    return savingTaskOf({
      ...task,
      group,
      views: views.decidedBelow(until),
      keys: keys.decidedBelow(until),
      until,
      latest,
    });
  }

  /** Nothing is executed from the first piece of the state to the last; storing the last of them may take longer. */
  async #saveHere({
    keeper,
    membership: { group, views, keys },
    callOff: { signal },
  }: SaveRequest): Promise<Checkpoint> {
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
        const { next } = cursor;
        const known = { views: views.decidedBelow(next), keys: keys.decidedBelow(next) };
        await append(encodeHead({ group, ...known, cursor }));
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
}
