import { InvariantViolation, TreplicaError } from '../model/errors.js';
import type { ExpectedFailures } from './stage.js';

/** The facts of a process that may be why it has stopped. */
interface Stopped {
  readonly recovers: boolean;
  readonly isPutBack: boolean;
  readonly expectedFailures: ExpectedFailures;
}

/** Why a process has stopped: for a reason that was given to it, or wrongly, as a checker then reports. */
interface Stop {
  readonly text: string;
  /** In order to come back under another id. */
  readonly beginsAnew: boolean;
  readonly verdict: 'excused' | 'without votes' | 'with a damaged disk' | { readonly checker: string };
}

/** The product has given up by itself, for this reason; `mayLackKey` tells whether a key is missing that the process cannot have. */
export function judgeStop(
  { recovers, isPutBack, expectedFailures }: Stopped,
  cause: unknown,
  mayLackKey: () => boolean,
): Stop {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const code = cause instanceof TreplicaError ? cause.code : null;
  const lacksKey = code === 'KEY_MISSING' && mayLackKey();
  const beginsAnew = code === 'FOUNDING_FAILED' || lacksKey || (code === 'VOTES_LOST' && recovers);
  const judged = (verdict: Stop['verdict']): Stop => ({ text, beginsAnew, verdict });
  if (cause instanceof InvariantViolation) return judged({ checker: 'invariants of the product' });
  if (code === 'VOTES_LOST' && isPutBack) return judged('without votes');
  if (code === 'FOUNDING_FAILED' || lacksKey) return judged('excused');
  if (code === 'LEDGER_DAMAGED' && expectedFailures.hasDamagedDisk) return judged('with a damaged disk');
  if (code === 'LEDGER_FAILED' && expectedFailures.hasFailedCommit) return judged('excused');
  return judged({ checker: 'survival' });
}
