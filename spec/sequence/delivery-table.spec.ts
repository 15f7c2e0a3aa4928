import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Batch, type BatchId, batchId, boundTo, NO_OP, partsOf } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { DeliveryTable } from '../../lib/sequence/delivery-table.js';
import { Turns } from '../../lib/simulation/checkers/turns.js';
import { idOf } from '../support/ids.js';

const WINDOW = defaults.windowInstances;
const [ANNA, BERT] = [idOf(0xa), idOf(0xb)];

function batchOf(process: ProcessId, sequence: number, { incarnation = 1, since = 0, bytes = 1 } = {}): Batch {
  return { id: batchId(process, incarnation, sequence, since as Instance), body: new Uint8Array(bytes) };
}

/** A table, and the sequence that it is told of. */
class Subject {
  table: DeliveryTable;
  next = 0 as Instance;
  readonly #rowsMax: number | undefined;

  constructor(rowsMax?: number) {
    this.#rowsMax = rowsMax;
    this.table = new DeliveryTable(undefined, rowsMax);
  }

  /** Returns what is delivered at the next instance. */
  pass(batch: Batch): BatchId[] {
    const delivered = this.table.pass(batch, this.next).map(({ id }) => id);
    this.next = (this.next + 1) as Instance;
    return delivered;
  }

  /** The numbers of what is delivered where these are decided. */
  numbers(process: ProcessId, sequences: readonly number[], series = {}): number[][] {
    return sequences.map((sequence) => this.pass(batchOf(process, sequence, series)).map((id) => partsOf(id).sequence));
  }

  idles(instances: number): void {
    for (let i = 0; i < instances; i += 1) this.pass(NO_OP);
  }

  /** As it comes back from a checkpoint. */
  restored(): void {
    this.table = new DeliveryTable(structuredClone(this.table.state), this.#rowsMax);
  }
}

describe('batches of one process', () => {
  it('are delivered in the order of their numbers, whatever order they are decided in', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (order) => {
        expect(new Subject().numbers(ANNA, order).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      }),
    );
  });

  it('are delivered each once', () => {
    expect(new Subject().numbers(ANNA, [0, 0, 2, 2, 1, 1, 2, 3])).toEqual([[0], [], [], [], [1, 2], [], [], [3]]);
  });

  it('wait for nobody else', () => {
    const subject = new Subject();
    expect(subject.numbers(ANNA, [1])).toEqual([[]]);
    expect(subject.numbers(BERT, [0, 1])).toEqual([[0], [1]]);
  });

  it('that were decided before their turn are void after a window, as if they had not been decided', () => {
    for (const [idle, delivered] of [
      [WINDOW - 2, [0, 1]],
      [WINDOW - 1, [0]],
    ] as const) {
      const subject = new Subject();
      subject.numbers(ANNA, [1]);
      subject.idles(idle);
      expect(subject.numbers(ANNA, [0])).toEqual([delivered]);
      expect(subject.numbers(ANNA, [1, 1])).toEqual(delivered.length === 1 ? [[1], []] : [[], []]);
    }
  });

  it('are held as far as a process may have batches in flight, and are void beyond', () => {
    const many = Array.from({ length: constants.heldBatchesMax + 2 }, (_, i) => i + 1);
    const subject = new Subject();
    subject.numbers(ANNA, many);
    expect(subject.numbers(ANNA, [0])[0]).toHaveLength(constants.heldBatchesMax + 1);
    const large = { bytes: constants.heldBytesMax / 2 };
    expect(new Subject().numbers(ANNA, [1, 2, 3, 0], large)[3]).toEqual([0, 1, 2]);
    expect(constants.heldBatchesMax).toBeGreaterThanOrEqual(defaults.batchesInFlightMax);
    expect(constants.heldBytesMax).toBeGreaterThan(defaults.bytesInFlightMax + defaults.batchesInFlightMax * 1_000);
  });

  it('of an incarnation or series that is over are never delivered, nor what is held of them', () => {
    const subject = new Subject();
    subject.numbers(ANNA, [0, 2]);
    expect(subject.numbers(ANNA, [0], { incarnation: 2 })).toEqual([[0]]);
    expect(subject.numbers(ANNA, [1, 2, 3])).toEqual([[], [], []]);
    subject.idles(10);
    expect(subject.numbers(ANNA, [0], { incarnation: 2, since: 5 })).toEqual([[0]]);
    expect(subject.numbers(ANNA, [1, 2], { incarnation: 2 })).toEqual([[], []]);
    expect(subject.table.isOver(batchOf(ANNA, 1, { incarnation: 2 }).id)).toBe(true);
  });

  it('of a series that begins later than where they are decided are void', () => {
    const subject = new Subject();
    expect(subject.numbers(ANNA, [0, 0], { since: 1 })).toEqual([[], [0]]);
  });
});

describe('a process that was forgotten', () => {
  /** Anna has delivered 1,000 batches, and then as many others one each as the table knows. */
  const forgotten = (rowsMax?: number) => {
    const subject = new Subject(rowsMax);
    for (let sequence = 0; sequence < 1_000; sequence += 1) subject.pass(batchOf(ANNA, sequence));
    for (let i = 1; i <= (rowsMax ?? constants.deliveryRowsMax); i += 1) subject.pass(batchOf(idOf(100 + i), 0));
    return subject;
  };

  it('has none of its batches delivered again, nor one that follows', () => {
    const subject = forgotten();
    expect(subject.numbers(ANNA, [999, 0, 1_000, 1_001])).toEqual([[], [], [], []]);
    expect(subject.table.isForgotten({ process: ANNA, incarnation: 1, since: 0 as Instance })).toBe(true);
    expect(subject.table.isOver(batchOf(ANNA, 1_000).id)).toBe(true);
  });

  it('goes on with a new series, of which nothing is lost', () => {
    const subject = forgotten();
    const series = { since: subject.next };
    expect(subject.numbers(ANNA, [1, 0, 2], series)).toEqual([[], [0, 1], [2]]);
    expect(subject.table.isForgotten({ process: ANNA, incarnation: 1, since: series.since })).toBe(false);
  });

  it('and has a row again does not let its former series in', () => {
    const subject = forgotten(2);
    subject.numbers(ANNA, [0], { since: subject.next });
    expect(subject.numbers(ANNA, [0, 999, 1_000])).toEqual([[], [], []]);
    expect(subject.numbers(ANNA, [0], { incarnation: 2 })).toEqual([[]]); // Restarted before it was forgotten.
  });

  it('is the one that has been quiet longest', () => {
    const subject = new Subject(2);
    subject.pass(batchOf(ANNA, 0));
    subject.pass(batchOf(BERT, 0));
    subject.pass(batchOf(ANNA, 1));
    subject.pass(batchOf(idOf(1), 0));
    expect(subject.table.state.rows.map(({ process }) => process)).toEqual([ANNA, idOf(1)]);
    expect(subject.table.state.horizon).toBe(2);
  });

  it('is forgotten with what was held of it', () => {
    const subject = new Subject(1);
    subject.numbers(ANNA, [0, 2]);
    subject.pass(batchOf(BERT, 0));
    expect(subject.table.state.held).toEqual([]);
  });

  it('does not keep others from coming and going by the thousand', () => {
    const subject = new Subject();
    for (let i = 0; i < 3 * constants.deliveryRowsMax; i += 1)
      expect(subject.pass(batchOf(idOf(i), 0, { since: subject.next }))).toHaveLength(1);
    expect(subject.table.state.rows).toHaveLength(constants.deliveryRowsMax);
  });
});

describe('the delivery table', () => {
  const decisions = fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constant(null) },
      {
        weight: 9,
        arbitrary: fc.record({
          process: fc.constantFrom(1, 2, 3, 4),
          incarnation: fc.constantFrom(1, 1, 1, 2),
          since: fc.constantFrom(0, 0, 0, 10, 30),
          sequence: fc.nat(5),
        }),
      },
    ),
    { maxLength: 120, size: 'max' },
  );
  const batchesOf = (all: typeof decisions extends fc.Arbitrary<infer T> ? T : never) =>
    all.map((decided) => (decided === null ? NO_OP : batchOf(idOf(decided.process), decided.sequence, decided)));

  it('delivers what a naive one does, from the beginning or restored anywhere, however few processes it knows', () => {
    fc.assert(
      fc.property(decisions, fc.integer({ min: 1, max: 4 }), fc.nat(120), (all, rowsMax, at) => {
        const subject = new Subject(rowsMax);
        const twin = new Turns(rowsMax);
        batchesOf(all).forEach((batch, instance) => {
          if (instance === at) subject.restored();
          expect(subject.pass(batch)).toEqual(twin.chosen(instance, batch.id, batch.body.length).map(({ id }) => id));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('holds as much of a process as a naive one does, and of two bodies for one place the first', () => {
    const bodies = [
      new Uint8Array(1),
      new Uint8Array(constants.heldBytesMax / 2),
      new Uint8Array(constants.heldBytesMax + 1),
    ];
    const many = fc.array(
      fc.record({
        process: fc.constantFrom(ANNA, ANNA, BERT),
        sequence: fc.nat(12),
        body: fc.constantFrom(...[0, 0, 0, 0, 0, 0, 0, 0, 1, 2].map((body) => bodies[body]!)),
      }),
      { maxLength: 60, size: 'max' },
    );
    fc.assert(
      fc.property(many, fc.nat(60), (all, at) => {
        const subject = new Subject();
        const twin = new Turns();
        all.forEach(({ process, sequence, body }, instance) => {
          if (instance === at) subject.restored();
          const batch = { id: boundTo(batchId(process, 1, sequence), body.length), body };
          expect(subject.pass(batch)).toEqual(twin.chosen(instance, batch.id, body.length).map(({ id }) => id));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('delivers nothing twice, nothing of a series that was forgotten, and every series in order', () => {
    fc.assert(
      fc.property(decisions, fc.integer({ min: 1, max: 4 }), (all, rowsMax) => {
        const subject = new Subject(rowsMax);
        const forgotten = new Set<string>();
        const delivered = new Map<string, number>();
        const batches = batchesOf(all);
        const seriesOf = (id: BatchId) => id.slice(0, id.lastIndexOf('.'));
        const wrong = batches.flatMap((batch) => {
          const ids = subject.pass(batch);
          for (const { id } of batches)
            if (id !== NO_OP.id && subject.table.isForgotten(partsOf(id))) forgotten.add(seriesOf(id));
          return ids.filter((id) => {
            const before = delivered.get(seriesOf(id)) ?? 0;
            delivered.set(seriesOf(id), before + 1);
            return forgotten.has(seriesOf(id)) || partsOf(id).sequence !== before || !subject.table.isOver(id);
          });
        });
        expect(wrong).toEqual([]);
      }),
    );
  });
});
