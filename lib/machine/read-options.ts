import { TreplicaError } from '../model/errors.js';
import { checkOptions, isWholeNumber, optional, type OptionKinds } from '../model/options.js';
import { WAIT_KINDS, type WaitOptions } from './wait-options.js';

/**
 * What the state that is read includes.
 *
 * - `linearizable`: every operation that was acknowledged anywhere before the call. A majority is asked, in one round for all reads that
 *   wait at the moment.
 * - `sequential`: everything that this replica has executed, and at least what is below `position`. Asks nobody; waits only where this
 *   replica is behind that position.
 * - `local`: everything that this replica has executed, however far it is behind. Waits for nothing.
 */
export type Consistency = 'linearizable' | 'sequential' | 'local';

/** What a read includes, and how long it waits for that. */
export interface ReadOptions extends WaitOptions {
  /** Default: `linearizable`. */
  readonly consistency?: Consistency | undefined;
  /**
   * For `sequential` reads: the `position` of a replica, as the caller has seen it after an operation or a read. Whoever takes it along
   * from replica to replica never sees an older state, and sees its own operations.
   */
  readonly position?: number | undefined;
}

const CONSISTENCIES: readonly unknown[] = ['linearizable', 'sequential', 'local'] satisfies Consistency[];

const KINDS: OptionKinds<ReadOptions> = {
  ...WAIT_KINDS,
  consistency: optional(
    (value) => CONSISTENCIES.includes(value),
    "'linearizable', 'sequential' or 'local', or leave it out",
  ),
  position: optional(
    (value) => isWholeNumber(value, 0, Number.MAX_SAFE_INTEGER),
    'the position of a replica, a whole number, or leave it out',
  ),
};

/** @throws TreplicaError INVALID_OPTION */
export function checkRead(options: ReadOptions): void {
  checkOptions('read', options, KINDS);
  const { consistency = 'linearizable', position } = options;
  if (position !== undefined && consistency !== 'sequential')
    throw new TreplicaError(
      'INVALID_OPTION',
      `A ${consistency} read takes no position: set consistency to 'sequential', or leave position out.`,
    );
}
