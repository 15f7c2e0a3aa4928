import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { VALUE_KINDS } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { MAX_MEMBERS, View, type ViewRecord } from '../../lib/model/view.js';
import { packValue } from '../../lib/sequence/batch-body.js';
import { packChange, unpackChange, viewAfter, type ViewChange } from '../../lib/sequence/view-change.js';
import { idOf } from '../support/ids.js';

const BORDER = 5;
const someMembers = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: MAX_MEMBERS })
  .map((numbers) => numbers.map((number) => idOf(number)));
const someChanges: fc.Arbitrary<ViewChange> = fc.record({
  follows: fc.integer({ min: 0, max: 3 }),
  members: someMembers,
});

describe('the body of a change of the view', () => {
  it('carries the change, and equal changes alike', () => {
    fc.assert(
      fc.property(someChanges, fc.nat(), ({ follows, members }, seed) => {
        const body = packChange({ follows, members });
        expect(unpackChange(body)).toEqual({ follows, members: [...members].sort() });
        const turned = members.map((_, i) => members[(i + seed) % members.length]!);
        expect(packChange({ follows, members: turned })).toEqual(body);
      }),
    );
  });

  it('has one form: no other bytes are taken for it', () => {
    fc.assert(
      fc.property(someChanges, fc.nat(), fc.integer({ min: 1, max: 255 }), (change, at, flip) => {
        const body = Buffer.from(packChange(change));
        body.writeUInt8(body.readUInt8(at % body.length) ^ flip, at % body.length);
        // What can still be read is another change, and that one's very bytes.
        const read = unpackChange(body);
        if (read === null) return;
        expect(read).not.toEqual(change);
        expect(packChange(read)).toEqual(body);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not that of another kind, cut off, followed by more, without members or with one twice', () => {
    const body = Buffer.from(packChange({ follows: 0, members: [idOf(1), idOf(2)] }));
    const [first, twice] = [Buffer.from(packChange({ follows: 0, members: [idOf(1)] })), Buffer.from(body)];
    twice.copyWithin(body.length - 8, body.length - 16, body.length - 8);
    const engine = Buffer.from(body);
    engine[0] = VALUE_KINDS.indexOf('engine');
    const none = first.subarray(0, first.length - 8);
    none.writeUInt32BE(0, none.length - 4);
    for (const bytes of [engine, body.subarray(0, -1), Buffer.concat([body, Buffer.of(0)]), none, twice])
      expect(unpackChange(bytes)).toBeNull();
    expect(unpackChange(packValue('view', Buffer.alloc(0)))).toBeNull();
    expect(unpackChange(Buffer.alloc(0))).toBeNull();
  });
});

const FIRST: ViewRecord = { view: new View(0, [idOf(1), idOf(2), idOf(3)]), from: 0 as Instance };

function recordsOf(changes: readonly ViewChange[], first = FIRST): ViewRecord[] {
  const records = [first];
  changes.forEach((change, instance) => {
    const made = viewAfter(change, (first.from + instance) as Instance, records.at(-1)!, BORDER);
    if (made !== null) records.push(made);
  });
  return records;
}

describe('the views that a sequence of changes makes', () => {
  const someSequences = fc.array(someChanges, { maxLength: 40 });

  it('follow each other by one, and each governs from α instances behind its decision on', () => {
    fc.assert(
      fc.property(someSequences, (changes) => {
        const records = recordsOf(changes);
        records.forEach(({ view, from }, i) => {
          expect(view.number).toBe(i);
          if (i === 0) return;
          const change = changes[from - BORDER]!;
          expect([change.follows, [...change.members].sort()]).toEqual([i - 1, view.members]);
        });
      }),
    );
  });

  it('are at most two for the instances within α of any place', () => {
    fc.assert(
      fc.property(someSequences, fc.integer({ min: 0, max: 40 }), (changes, place) => {
        const known = recordsOf(changes.slice(0, place));
        const governing = known.filter(({ from }, i) => {
          const until = known[i + 1]?.from ?? Infinity;
          return from < place + BORDER && until > place;
        });
        expect(governing.length).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('are not changed by one that is decided twice', () => {
    fc.assert(
      fc.property(someSequences, fc.nat(), fc.nat(), (changes, which, where) => {
        if (changes.length === 0) return;
        const again = which % changes.length;
        const at = again + 1 + (where % (changes.length - again));
        // At the place of a no-op, so that nothing else moves.
        const noOp: ViewChange = { follows: -1, members: [idOf(9)] };
        const once = changes.with(at - 1 === again ? again : at - 1, at - 1 === again ? changes[again]! : noOp);
        const twice = once.with(at - 1, changes[again]!);
        const made = recordsOf(once);
        const isApplied = made.some(({ from }) => from === again + BORDER);
        if (isApplied) expect(recordsOf(twice)).toEqual(made);
      }),
    );
  });

  it.each([
    ['follows an earlier view than the latest', { follows: 0, instance: 20 }],
    ['follows a view that there is not yet', { follows: 2, instance: 20 }],
    ['is decided before the latest view governs', { follows: 1, instance: 9 }],
  ])('are as they were after one that %s', (_, { follows, instance }) => {
    const latest = { view: new View(1, [idOf(4)]), from: 10 as Instance };
    const members: ProcessId[] = [idOf(5)];
    expect(viewAfter({ follows, members }, instance as Instance, latest, BORDER)).toBeNull();
    expect(viewAfter({ follows: 1, members }, 10 as Instance, latest, BORDER)).toEqual({
      view: new View(2, members),
      from: 15,
    });
  });
});
