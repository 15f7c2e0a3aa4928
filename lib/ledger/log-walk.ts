import { constants } from '../model/constants.js';
import { DamagedLogError } from '../model/errors.js';
import { after, type Instance, laterOf } from '../model/ids.js';
import type { LogEntry } from '../model/records.js';
import type { LedgerReader } from './ledger-reader.js';

/** One step of a walk over the log: an entry, a part that is damaged, or one that its process has cut off meanwhile. */
export type LogStep =
  | { readonly kind: 'entry'; readonly entry: LogEntry }
  | { readonly kind: 'damage'; readonly damage: DamagedLogError }
  | { readonly kind: 'cut'; readonly next: Instance };

/**
 * All that is decided from `from` on and below `to`, ascending, past whatever is damaged.
 * @throws TreplicaError as `Ledger.read` does where nothing can be read any more
 */
export function* walkLog(ledger: LedgerReader, from: Instance, to: Instance): Generator<LogStep> {
  let next = from;
  while (next < to) {
    const steps = stepsAt(ledger, next, to);
    for (const step of steps) {
      yield step;
      next = laterOf(next, endOf(step));
    }
  }
}

function stepsAt(ledger: LedgerReader, next: Instance, to: Instance): LogStep[] {
  try {
    const entries = ledger.read(next, to, constants.logReadBytes);
    if (entries !== null) return entries.map((entry) => ({ kind: 'entry', entry }));
    return [{ kind: 'cut', next: ledger.load().start }];
  } catch (error) {
    if (!(error instanceof DamagedLogError)) throw error;
    return [{ kind: 'damage', damage: error }];
  }
}

function endOf(step: LogStep): Instance {
  switch (step.kind) {
    case 'entry':
      return after(step.entry.instance);
    case 'damage':
      return step.damage.end;
    case 'cut':
      return step.next;
  }
}
