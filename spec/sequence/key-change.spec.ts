import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { VALUE_KINDS } from '../../lib/model/batch.js';
import { FIRST_KEY_STATE, KEY_ID_MAX, type KeyState } from '../../lib/model/keys.js';
import { packValue } from '../../lib/sequence/batch-body.js';
import { type KeyChange, keysAfter, packKeyChange, unpackKeyChange } from '../../lib/sequence/key-change.js';

const ids = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(KEY_ID_MAX));
const changes: fc.Arbitrary<KeyChange> = fc.record({
  follows: fc.nat(4),
  action: fc.constantFrom('use' as const, 'remove' as const),
  id: ids,
});

describe('the body of a change of the keys', () => {
  it('carries the change', () => {
    fc.assert(fc.property(changes, (change) => expect(unpackKeyChange(packKeyChange(change))).toEqual(change)));
  });

  it('has one form: no other bytes are taken for it', () => {
    fc.assert(
      fc.property(changes, fc.nat(), fc.integer({ min: 1, max: 255 }), (change, at, flip) => {
        const body = Buffer.from(packKeyChange(change));
        body.writeUInt8(body.readUInt8(at % body.length) ^ flip, at % body.length);
        const read = unpackKeyChange(body);
        if (read === null) return;
        expect(read).not.toEqual(change);
        expect(packKeyChange(read)).toEqual(body);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not that of another kind, of another decision of the engine, cut off, followed by more, or without an id', () => {
    const body = Buffer.from(packKeyChange({ follows: 0, action: 'use', id: 1 }));
    const [view, other, none] = [Buffer.from(body), Buffer.from(body), Buffer.from(body)];
    view[0] = VALUE_KINDS.indexOf('view');
    other[1] = 2;
    none[none.length - 1] = 0;
    for (const bytes of [view, other, none, body.subarray(0, -1), Buffer.concat([body, Buffer.of(0)])])
      expect(unpackKeyChange(bytes)).toBeNull();
    expect(unpackKeyChange(packValue('engine', Buffer.alloc(0)))).toBeNull();
    expect(unpackKeyChange(Buffer.alloc(0))).toBeNull();
  });
});

describe('a change of the keys', () => {
  it('applies if it follows the latest state, and only once', () => {
    const change: KeyChange = { follows: 0, action: 'use', id: 2 };
    const used = keysAfter(change, FIRST_KEY_STATE);
    expect(used).toEqual({ number: 1, sendingId: 2, removedUpTo: 0 });
    expect(keysAfter(change, used!)).toBeNull();
    expect(keysAfter({ ...change, follows: 2, id: 3 }, used!)).toBeNull();
    expect(keysAfter({ follows: 1, action: 'remove', id: 1 }, used!)).toEqual({
      number: 2,
      sendingId: 2,
      removedUpTo: 1,
    });
  });

  it.each<[string, KeyState, KeyChange['action'], number]>([
    ['that uses what is used', { number: 1, sendingId: 2, removedUpTo: 0 }, 'use', 2],
    ['that uses what is removed', { number: 1, sendingId: 4, removedUpTo: 3 }, 'use', 2],
    ['that removes what is removed', { number: 1, sendingId: 4, removedUpTo: 3 }, 'remove', 3],
    ['that removes what is sent with', { number: 1, sendingId: 4, removedUpTo: 3 }, 'remove', 4],
    ['that removes what comes later', { number: 1, sendingId: 4, removedUpTo: 3 }, 'remove', 5],
    ['that removes where nothing is used', FIRST_KEY_STATE, 'remove', 1],
  ])('%s is void', (_, state, action, id) => {
    expect(keysAfter({ follows: state.number, action, id }, state)).toBeNull();
  });

  it('never brings a removed key back, and never removes the one that is sent with', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 30 }), (sequence) => {
        let state = FIRST_KEY_STATE;
        for (const change of sequence) {
          const next = keysAfter({ ...change, follows: state.number }, state) ?? state;
          expect(next.removedUpTo).toBeGreaterThanOrEqual(state.removedUpTo);
          if (next.sendingId !== null) expect(next.sendingId).toBeGreaterThan(next.removedUpTo);
          else expect(next).toEqual(FIRST_KEY_STATE);
          state = next;
        }
      }),
    );
  });
});
