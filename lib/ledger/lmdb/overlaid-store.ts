import { type Instance, laterOf } from '../../model/ids.js';
import type { JournaledCommit } from '../journal/journaled-commit.js';
import type { RecordKey } from '../records/inventory.js';
import type { RecordStore } from '../records/stored-records.js';

/** A queue's records as they will be once LMDB has what is in the journal. */
export function overlaid(store: RecordStore, commits: readonly JournaledCommit[]): RecordStore {
  const last = commits.at(-1);
  if (last === undefined) return store;
  const values = new Map<RecordKey, Buffer | null>(commits.flatMap((commit) => [...commit.values]));
  const entries = [...values].filter((change): change is [Instance, Buffer] => typeof change[0] === 'number');
  entries.sort(([a], [b]) => a - b);
  return {
    segmentInstances: store.segmentInstances,
    inventory: () => last.inventory,
    *meta() {
      for (const [key, value] of store.meta()) if (!values.has(key)) yield [key, value] as const;
      for (const [key, value] of values) if (typeof key === 'string' && value !== null) yield [key, value] as const;
    },
    *entries(from, to) {
      const first = laterOf(from, last.start);
      const pending = entries.filter(([instance]) => instance >= first && instance < to);
      let next = 0;
      for (const [instance, value] of store.entries(first, to)) {
        for (let entry = pending[next]; entry !== undefined && entry[0] < instance; entry = pending[next]) {
          yield entry;
          next += 1;
        }
        if (!values.has(instance)) yield [instance, value] as const;
      }
      yield* pending.slice(next);
    },
  };
}
