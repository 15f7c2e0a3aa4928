import { describe, expect, it } from '@jest/globals';

import { type BatchId, batchId } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { Laggard } from '../support/laggard.js';

const ANNA = '1111111111111111' as ProcessId;
const BERT = '2222222222222222' as ProcessId;
/** How many are asked for at a time. */
const OPEN = 16;

function idOf(sequence: number): BatchId {
  return batchId(ANNA, 1, sequence);
}

/** It wants the first batches of Anna's, one an instance. */
function wanting(batches: number): Laggard {
  const laggard = new Laggard(ANNA, BERT);
  for (let i = 0; i < batches; i += 1) laggard.fetcher.want(idOf(i), i as Instance);
  return laggard;
}

function ticks(laggard: Laggard, count: number, before: () => void = () => undefined): void {
  for (let i = 0; i < count; i += 1) {
    before();
    laggard.fetcher.tick();
  }
}

describe('a process that lacks many batches', () => {
  it('asks for a few at a time, the first wanted first, and for more as they come', () => {
    const laggard = wanting(40);
    ticks(laggard, defaults.fetchTicks);
    expect(laggard.fetched().map(({ id }) => id)).toEqual(Array.from({ length: OPEN }, (_, i) => idOf(i)));
    for (let i = 0; i < 4; i += 1) laggard.fetcher.got(idOf(i));
    ticks(laggard, 1);
    expect(laggard.fetched().map(({ id }) => id)).toEqual([16, 17, 18, 19].map(idOf));
  });

  it('does not wait with the others for those that everyone has been asked for in vain', () => {
    const laggard = wanting(OPEN + 1);
    ticks(laggard, 8 * defaults.retryTicksMax);
    expect(laggard.fetched().map(({ id }) => id)).toContain(idOf(OPEN));
  });
});

describe('a batch that its proposer is sending', () => {
  const agoTicks = 0;

  it('is not asked for while it comes', () => {
    const laggard = wanting(1);
    // Announced before the batch was wanted.
    let passed = 0;
    ticks(laggard, 100, () => {
      laggard.fetcher.arriving({ from: ANNA, bytes: 1_000, agoTicks: passed });
      passed += 1;
    });
    expect(laggard.fetched()).toEqual([]);
    expect(laggard.fetcher.isComing(idOf(0))).toBe(true);
    ticks(laggard, defaults.retryTicks);
    expect(laggard.fetcher.isComing(idOf(0))).toBe(false);
    expect(laggard.fetched()).toEqual([{ source: ANNA, id: idOf(0) }]);
  });

  it('is asked for although what the proposer has announced since keeps coming', () => {
    const laggard = wanting(1);
    ticks(laggard, 3 * defaults.retryTicks, () => {
      laggard.fetcher.arriving({ from: ANNA, bytes: 1_000, agoTicks });
    });
    expect(laggard.fetched()[0]).toEqual({ source: ANNA, id: idOf(0) });
  });

  it('to this process alone is no sign of a batch that it has not been asked for', () => {
    const laggard = wanting(1);
    laggard.fetcher.arriving({ from: ANNA, bytes: 1_000, agoTicks: Infinity });
    expect(laggard.fetcher.isComing(idOf(0))).toBe(false);
    ticks(laggard, defaults.fetchTicks);
    laggard.fetched();
    laggard.fetcher.arriving({ from: ANNA, bytes: 1_000, agoTicks: Infinity });
    expect(laggard.fetcher.isComing(idOf(0))).toBe(true);
  });
});

describe('a process that was asked and tells of other things', () => {
  it('is given up for another after as many answers as may be before the one that is awaited', () => {
    const laggard = wanting(1);
    ticks(laggard, defaults.fetchTicks);
    expect(laggard.fetched()).toEqual([{ source: ANNA, id: idOf(0) }]);
    const comes = (): void => {
      laggard.fetcher.arriving({ from: ANNA, bytes: 1_000, agoTicks: Infinity });
    };
    for (let i = 0; i < 7; i += 1) laggard.fetcher.answered(ANNA);
    ticks(laggard, defaults.retryTicksMax - 1, comes);
    expect(laggard.fetched()).toEqual([]);
    laggard.fetcher.answered(BERT);
    ticks(laggard, 1, comes);
    laggard.fetcher.answered(ANNA);
    laggard.fetched();
    ticks(laggard, 2 * defaults.fetchTicks, comes);
    expect(laggard.fetched()).toEqual([{ source: BERT, id: idOf(0) }]);
  });
});
