import { describe, expect, it } from '@jest/globals';

import type { Instance } from '../../lib/model/ids.js';
import { beginWith } from '../../lib/paxos/key-source.js';
import { KeyRing } from '../../lib/transport/frame/key-ring.js';
import { KEY_1, KEY_2 } from '../support/station.js';

const KEY_3 = { id: 3, bytes: new Uint8Array(32).fill(3) };

function ringAfter(
  keys: ConstructorParameters<typeof KeyRing>[0],
  sendingId: number,
  removedUpTo = 0,
): Pick<KeyRing, 'ids' | 'sendingId'> {
  const ring = new KeyRing(keys);
  beginWith({ ring, reread: null }, [{ number: 1, decidedAt: 1 as Instance, sendingId, removedUpTo }]);
  const { ids, sendingId: sends } = ring;
  return { ids, sendingId: sends };
}

describe('a process that starts', () => {
  it('sends with the first of its keys where no change is known, and with the decided one where one is', () => {
    const ring = new KeyRing([KEY_2, KEY_1]);
    beginWith({ ring, reread: null }, []);
    expect(ring.sendingId).toBe(2);
    expect(ringAfter([KEY_1, KEY_2], 2)).toEqual({ ids: [1, 2], sendingId: 2 });
  });

  it('has no key that is removed', () => {
    expect(ringAfter([KEY_1, KEY_2, KEY_3], 2, 1)).toEqual({ ids: [2, 3], sendingId: 2 });
  });

  it('sends with the next newer key where the decided one is in its file no more', () => {
    expect(ringAfter([KEY_3, KEY_2], 1)).toEqual({ ids: [2, 3], sendingId: 2 });
  });

  it('sends with the newest where it has no newer one: the group may have taken an older one again', () => {
    expect(ringAfter([KEY_1, KEY_2], 3)).toEqual({ ids: [1, 2], sendingId: 2 });
  });

  it('is refused where all its keys are removed', () => {
    expect(() => ringAfter([KEY_1, KEY_2], 3, 2)).toThrow(
      expect.objectContaining({ code: 'KEY_MISSING', message: expect.stringContaining('has 1, 2') }),
    );
  });
});
