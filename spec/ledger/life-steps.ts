import { expect } from '@jest/globals';
import fc from 'fast-check';

import type { Ledger } from '../../lib/ledger/ledger.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../lib/model/records.js';
import { committed, type LedgerPlace, QUEUE } from './ledger-place.js';
import { LedgerModel } from './model.js';
import { at, checkpointAt, END, entryAt, voteAt } from './records.js';

/** Something that happens to a ledger; numbers are fitted to where the log stands. */
export type LifeStep =
  | { readonly kind: 'decide'; readonly count: number; readonly bytes: number }
  | { readonly kind: 'vote'; readonly ahead: number }
  | { readonly kind: 'checkpoint' | 'repair'; readonly place: number }
  | { readonly kind: 'install'; readonly ahead: number; readonly decided: number }
  | { readonly kind: 'truncate'; readonly keepBytes: number }
  | { readonly kind: 'reopen' };

/** A ledger and its model, which go through the same. */
export class Walk {
  ledger: Ledger;
  readonly #place: LedgerPlace;
  readonly #model: LedgerModel;

  constructor(place: LedgerPlace) {
    this.#place = place;
    this.ledger = place.open(QUEUE);
    this.#model = new LedgerModel(place.segmentInstances);
  }

  snapshot(): LedgerSnapshot {
    return this.#model.snapshot();
  }

  async take(step: LifeStep): Promise<void> {
    if (step.kind === 'reopen') {
      await this.ledger.close();
      this.ledger = this.#place.open(QUEUE);
      expect(shownAll(this.ledger.load().entries)).toEqual(shownAll(this.#model.snapshot().entries));
    } else {
      const records = recordsOf(step, this.#model);
      await committed(this.ledger, ...records);
      this.#model.commit(records);
    }
    const { start, checkpoint, watermark } = this.#model.snapshot();
    expect(this.ledger.start).toBe(start);
    expect(shownAll(this.ledger.read(start, END, Infinity))).toEqual(shownAll(this.#model.log()));
    if (step.kind === 'reopen') expect(this.ledger.load()).toMatchObject({ start, checkpoint, watermark });
  }
}

/** What a step commits to a ledger that stands where the model does. */
export function recordsOf(step: Exclude<LifeStep, { readonly kind: 'reopen' }>, model: LedgerModel): LedgerRecord[] {
  const { watermark, start } = model.snapshot();
  const placed = (place: number, end: number) => start + Math.floor(place * (end - start));
  switch (step.kind) {
    case 'decide':
      return decided(watermark, watermark + step.count, step.bytes);
    case 'vote':
      return [voteAt(watermark + step.ahead, step.ahead % 50)];
    case 'checkpoint':
      return [{ kind: 'checkpoint', checkpoint: checkpointAt(placed(step.place, watermark + 1)) }];
    case 'repair':
      if (start === watermark) return [];
      return [{ kind: 'repair', entry: entryAt(placed(step.place, watermark), 2) }];
    case 'install': {
      const next = watermark + step.ahead;
      return [{ kind: 'checkpoint', checkpoint: checkpointAt(next) }, ...decided(next, next + step.decided, 5)];
    }
    case 'truncate':
      return [{ kind: 'truncation', keepBytes: step.keepBytes }];
  }
}

/** What decides a part of the log: votes, and the watermark behind them. */
export function decided(from: number, end: number, bytes: number): LedgerRecord[] {
  const votes = Array.from({ length: end - from }, (_, i) => voteAt(from + i, bytes));
  return [...votes, { kind: 'watermark', watermark: at(end) }];
}

/** For a log whose segments have `n` instances. */
export function anyStep(n: number): fc.Arbitrary<LifeStep> {
  const count = fc.constantFrom(1, 5, n - 1, n, n + 1, 2 * n + 3);
  const place = fc.double({ min: 0, max: 0.999, noNaN: true });
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('decide' as const), count, bytes: fc.nat(4) }) },
    fc.record({ kind: fc.constant('vote' as const), ahead: fc.nat(2 * n) }),
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('checkpoint' as const, 'repair' as const), place }) },
    fc.record({ kind: fc.constant('install' as const), ahead: count, decided: fc.constantFrom(0, 1, n) }),
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('truncate' as const),
        keepBytes: fc.constantFrom(0, n, 3 * n, Infinity),
      }),
    },
    fc.record({ kind: fc.constant('reopen' as const) }),
  );
}

/** What tells entries apart here, quick to compare. */
function shownAll(entries: readonly LogEntry[]): string[] {
  return entries.map(
    ({ instance, vote }) => `${String(instance)}: ${String(vote?.batch.id)}, ${String(vote?.batch.body.length)}`,
  );
}
