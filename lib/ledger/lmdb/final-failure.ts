import { TreplicaError } from '../../model/errors.js';
import { failed } from '../ledger-errors.js';

/**
 * The first failure to write in a directory is the last thing that happens there: after it the kernel and LMDB may disagree
 * about what is on the disk, and to begin another transaction can crash the process.
 */
export class FinalFailure {
  readonly #place: string;
  readonly #directory: string;
  #error: TreplicaError | null = null;

  /** @param place of the ledger, for messages */
  constructor(place: string, directory: string) {
    this.#place = place;
    this.#directory = directory;
  }

  /** The error of every further commit; null while all is well. */
  get error(): TreplicaError | null {
    return this.#error;
  }

  /** @throws TreplicaError with which it has failed */
  assertNone(): void {
    if (this.#error) throw this.#error;
  }

  /**
   * Runs `action`, and keeps any error that it throws.
   * @throws TreplicaError LEDGER_FAILED, DISK_FULL or DIRECTORY_IN_USE
   */
  guard<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      this.#error ??= isTold(cause) ? cause : failed(this.#place, cause, this.#directory);
      throw this.#error;
    }
  }
}

/** Whether an error says of itself what has happened, and what to do. */
function isTold(cause: unknown): cause is TreplicaError {
  return cause instanceof TreplicaError && (cause.code === 'DIRECTORY_IN_USE' || cause.code === 'LEDGER_FAILED');
}
