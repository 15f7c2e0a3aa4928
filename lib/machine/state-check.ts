import { TreplicaError } from '../model/errors.js';
import { triedBytes } from '../serialization/state-trial.js';

/** A state of so many bytes is looked at after every operation: that takes less than a tenth of a millisecond. */
const BYTES_EVERY_TIME = 16_384;
/** A larger one after so many operations of each class, and then after the 8th, 16th, 32nd and so on. */
const FIRST_OPERATIONS = 4;

/**
 * Finds what cannot be saved when an operation has brought it into the state, rather than at the next checkpoint, which may
 * be a million operations later. In development only, and at the process that the operation came from: each check takes
 * as long as a checkpoint, of which nothing is written. The first value of each class is decoded again and compared, too.
 */
export class StateCheck {
  readonly #executions = new Map<unknown, number>();
  #bytes = 0;
  /** The error reported last: while it remains, later operations are not blamed for it. */
  #told: string | null = null;

  /** Throws NOT_SERIALIZABLE, CLASS_NOT_REGISTERED or TWO_COPIES, naming the operation, and class and field of the state. */
  after(operation: object, state: object): void {
    const executions = (this.#executions.get(operation.constructor) ?? 0) + 1;
    this.#executions.set(operation.constructor, executions);
    const isPowerOfTwo = (executions & (executions - 1)) === 0;
    if (this.#bytes > BYTES_EVERY_TIME && executions > FIRST_OPERATIONS && !isPowerOfTwo) return;
    const error = this.#errorOf(state);
    const isNews = error !== null && error.message !== this.#told;
    this.#told = error?.message ?? null;
    if (error === null || !isNews) return;
    throw new TreplicaError(
      error.code,
      `${operation.constructor.name} has been executed, and the state cannot be saved any more: no checkpoint can be made until that is gone. ${error.message}`,
      { cause: error },
    );
  }

  #errorOf(state: object): TreplicaError | null {
    try {
      this.#bytes = triedBytes(state);
      return null;
    } catch (error) {
      if (error instanceof TreplicaError) return error;
      throw error;
    }
  }
}
