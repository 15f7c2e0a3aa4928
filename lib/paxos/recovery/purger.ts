import type { CheckpointStore } from '../../ledger/checkpoint-store.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { Instance } from '../../model/ids.js';
import type { Driver } from '../driver.js';
import type { Supplier } from './supplier.js';

export interface PurgerOptions {
  readonly store: CheckpointStore;
  readonly supplier: Supplier;
  /** As `Driver.write`. */
  readonly write: Driver['write'];
  /** Whether a checkpoint of another process is on its way here: nothing that is not needed may then be removed. */
  readonly isReceiving: () => boolean;
  /** The first instance that the log holds. */
  readonly logStart: () => Instance;
  readonly logMarginBytes: number;
  readonly fail: (error: unknown) => void;
}

/** So many times in a row the log is kept for a process that is being served a checkpoint. */
const POSTPONED_MAX = 4;

/** Removes the data that the latest checkpoint makes superfluous: older checkpoints, and the log below its end. */
export class Purger {
  readonly #options: PurgerOptions;
  /** Resolves when the superfluous checkpoints have been removed from the disk. */
  #purged: Promise<void> = Promise.resolve();
  #postponed = 0;

  constructor(options: PurgerOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is being removed. */
  get purged(): Promise<void> {
    return this.#purged;
  }

  /** Removes all but `latest`, except while a process is being served that will need them. */
  purge(latest: Checkpoint): void {
    const { store, supplier, isReceiving, fail } = this.#options;
    if (!isReceiving()) this.#purged = this.#purged.then(() => store.keepOnly([latest])).catch(fail);
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
