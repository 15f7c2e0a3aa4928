import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Batch, batchId, NO_OP, ofKind } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { packValue } from '../../lib/sequence/batch-body.js';
import { type CheckpointHead, decodeHead, encodeHead } from '../../lib/sequence/checkpoint-head.js';
import { BEGINNING_STATE, Cursor, type CursorState } from '../../lib/sequence/cursor.js';
import { expectedOf, foreign, lone, SELF } from '../support/delivery-subject.js';
import { BERT } from '../support/ids.js';

const sequences = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(NO_OP) },
    {
      weight: 9,
      arbitrary: fc
        .tuple(fc.constantFrom(BERT, SELF), fc.integer({ min: 1, max: 3 }), fc.nat(9))
        .map(([process, incarnation, sequence]) => foreign(process, incarnation, sequence)),
    },
  ),
  { maxLength: 60, size: 'max' },
);
const stretches = fc.record({ positions: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 400 }) });

/** As it comes back from a disk. */
function stored(cursor: CursorState): CursorState {
  return decodeHead(Buffer.from(encodeHead(headOf(cursor)))).cursor;
}

function headOf(cursor: CursorState): CheckpointHead {
  const view = new View(0, [SELF]);
  return { group: groupIdOf([SELF], 0), views: [{ view, from: 0 as Instance }], keys: [], cursor };
}

function passages(cursor: Cursor, sequence: readonly Batch[]): unknown[] {
  return sequence.map((batch) => ({
    passage: cursor.pass(cursor.next, batch),
    boundary: cursor.boundary,
    progress: cursor.progress,
  }));
}

/** Nine come before their turn, one more than is held of a process: the ninth, number 3, is void, and the last ends the wait. */
const tooMany = [5, 9, 2, 8, 4, 6, 7, 1, 3, 0].map((sequence) => foreign(SELF, 3, sequence));

describe('a cursor', () => {
  it('that was saved anywhere and restored goes on as one that ran through', () => {
    fc.assert(
      fc.property(sequences, fc.nat(60), stretches, (sequence, at, stretch) => {
        const through = new Cursor(BEGINNING_STATE, stretch);
        passages(through, sequence.slice(0, at));
        const restored = new Cursor(stored(through.state), stretch);
        expect(passages(restored, sequence.slice(at))).toEqual(passages(through, sequence.slice(at)));
        expect(restored.state).toEqual(through.state);
        const delivered = new Set(expectedOf(sequence).map(({ id }) => id));
        const held = new Set(restored.state.delivered.held.map(({ batch }) => batch.id));
        for (const { id } of sequence) {
          expect(restored.isOver(id)).toBe(through.isOver(id));
          if (delivered.has(id)) expect(restored.isOver(id)).toBe(true);
          if (held.has(id)) expect(restored.isOver(id)).toBe(false);
        }
        for (const process of [BERT, SELF]) expect(restored.isOver(foreign(process, 4, 0).id)).toBe(false);
      }),
      { numRuns: 500, examples: [[tooMany, 0, { positions: 1, bytes: 1 }]] },
    );
  });

  it('has the same state wherever it was saved and restored on the way', () => {
    fc.assert(
      fc.property(sequences, fc.array(fc.boolean()), stretches, (sequence, restarts, stretch) => {
        const through = new Cursor(BEGINNING_STATE, stretch);
        let broken = new Cursor(BEGINNING_STATE, stretch);
        sequence.forEach((batch, i) => {
          through.pass(through.next, batch);
          broken.pass(broken.next, batch);
          if (restarts[i] === true) broken = new Cursor(stored(broken.state), stretch);
        });
        expect(broken.state).toEqual(through.state);
      }),
    );
  });

  it('passes values of other kinds as it passes no-ops', () => {
    const value = fc
      .tuple(fc.constantFrom('view' as const, 'engine' as const), fc.constantFrom(BERT, SELF), fc.nat(4), fc.nat(4))
      .map(([kind, process, start, sequence]): Batch => {
        const id = ofKind(kind, batchId(process, start + 1, sequence, (7 * start) as Instance));
        return { id, body: packValue(kind, Buffer.from('content')) };
      });
    fc.assert(
      fc.property(sequences, fc.array(fc.option(value), { minLength: 60 }), stretches, (sequence, values, stretch) => {
        // A value, or in its place a no-op, comes before some of the batches.
        const among = (of: (value: Batch) => Batch) =>
          sequence.flatMap((batch, i) => ((values[i] ?? null) === null ? [batch] : [of(values[i] ?? NO_OP), batch]));
        const [withValues, withNoOps] = [new Cursor(BEGINNING_STATE, stretch), new Cursor(BEGINNING_STATE, stretch)];
        const told = passages(
          withValues,
          among((value) => value),
        );
        expect(told).toEqual(
          passages(
            withNoOps,
            among(() => NO_OP),
          ),
        );
        expect(encodeHead(headOf(withValues.state))).toEqual(encodeHead(headOf(withNoOps.state)));
        for (const each of values) if (each !== null) expect(withValues.isOver(each.id)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('ends a stretch after so many messages or bytes, whichever comes first', () => {
    const three = lone(BERT, 3);
    const cursor = new Cursor(BEGINNING_STATE, { positions: 4, bytes: 1e6 });
    cursor.pass(0 as Instance, three);
    expect([cursor.boundary.next, cursor.progress]).toEqual([0, 0.75]);
    cursor.pass(1 as Instance, lone(BERT, 7));
    expect([cursor.boundary, cursor.progress]).toEqual([expect.objectContaining({ next: 2, position: 6 }), 0]);
    const heavy = new Cursor(BEGINNING_STATE, { positions: 1e6, bytes: three.body.length });
    heavy.pass(0 as Instance, three);
    expect(heavy.boundary).toEqual({ next: 1, position: 3, bytes: three.body.length });
  });

  it('ends no stretch at what it does not deliver', () => {
    const batch = lone(BERT, 3);
    const cursor = new Cursor(BEGINNING_STATE, { positions: 3, bytes: 1e6 });
    for (const decided of [NO_OP, batch, batch, NO_OP]) cursor.pass(cursor.next, decided);
    expect([cursor.next, cursor.boundary.next]).toEqual([4, 2]);
  });

  it('stops at a gap', () => {
    const cursor = new Cursor(BEGINNING_STATE, { positions: 1, bytes: 1 });
    expect(() => cursor.pass(1 as Instance, NO_OP)).toThrow(expect.objectContaining({ code: 'INVARIANT_VIOLATION' }));
  });
});
