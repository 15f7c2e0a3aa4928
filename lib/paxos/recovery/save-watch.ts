import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import type { Settings } from '../../model/settings.js';
import type { CheckpointEvent } from '../../queue/events.js';

export interface SaveWatchOptions {
  readonly settings: Settings;
  readonly notify: (event: CheckpointEvent) => void;
  /** How many messages no checkpoint holds. */
  readonly unsaved: () => number;
}

/**
 * Watches over the making of checkpoints, one at a time: what gets no further, or has failed, is told again and again until
 * it is better, and another process that gets no further is ended. It goes by progress, not by total time, for a state
 * may be large.
 */
export class SaveWatch {
  readonly #options: SaveWatchOptions;
  #step = '';
  /** For how long there has been no progress; null if no checkpoint is being made, or if it waits for its data. */
  #quietTicks: number | null = null;
  /** Ends the process that makes it; null where this one does. */
  #callOff: AbortController | null = null;
  #failure: { readonly error: unknown; ticks: number } | null = null;

  constructor(options: SaveWatchOptions) {
    this.#options = options;
  }

  /** Something is being made from now on, which can be ended by `callOff`. */
  begins(step: string, callOff: AbortController | null): void {
    this.#step = step;
    this.#quietTicks = 0;
    this.#callOff = callOff;
  }

  /** There has been progress. */
  moved(step = this.#step): void {
    this.#step = step;
    this.#quietTicks = 0;
  }

  /** It is made, or has failed. */
  ends(): void {
    this.#quietTicks = null;
    this.#callOff = null;
  }

  failed(error: unknown): void {
    this.ends();
    // If the queue is closed, or no holder is bound that could be saved, nobody waits for a checkpoint.
    if (!(error instanceof TreplicaError && error.code === 'QUEUE_CLOSED')) this.#failure = { error, ticks: 0 };
  }

  /** There is a checkpoint that is later than whatever has failed. */
  succeeded(): void {
    this.#failure = null;
  }

  tick(): void {
    if (this.#quietTicks !== null) this.#onQuiet((this.#quietTicks += 1));
    const failure = this.#failure;
    if (failure === null || (failure.ticks += 1) % this.#options.settings.warningTicks !== 0) return;
    this.#options.notify({
      kind: 'checkpoint-overdue',
      error: failure.error,
      messages: this.#options.unsaved(),
    });
  }

  #onQuiet(ticks: number): void {
    const seconds = (ticks * constants.tickMs) / 1000;
    if (this.#callOff !== null && ticks >= this.#options.settings.savingStalledTicks)
      this.#callOff.abort(stalled(this.#step, seconds));
    else if (
      ticks >= this.#options.settings.savingQuietTicks &&
      (ticks - this.#options.settings.savingQuietTicks) % this.#options.settings.warningTicks === 0
    )
      this.#options.notify({
        ...{ kind: 'checkpoint-quiet', step: this.#step, seconds },
        endsAfterSeconds: (this.#options.settings.savingStalledTicks * constants.tickMs) / 1000,
      });
  }
}

function stalled(step: string, seconds: number): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The process that makes a checkpoint has made no progress for ${seconds} s (it ${step}) and was ended: check that the module finishes loading, that no operation runs for so long, and that the disk is sound. The log is kept.`,
  );
}
