import type { Instance } from '../../lib/model/ids.js';
import type { KeyState } from '../../lib/model/keys.js';
import type { KeyChangesOptions } from '../../lib/paxos/key-changes.js';

/** What parts that change keys see of consensus: the latest state, of which nothing is in the ledger yet. */
export function keyCore(latest: () => KeyState): KeyChangesOptions['core'] {
  const watermark = 5 as Instance;
  return {
    keys: {
      get latest() {
        return latest();
      },
      decidedBelow: () => [],
    },
    ...{ watermark, durableWatermark: watermark },
  };
}
