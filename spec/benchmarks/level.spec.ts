import { describe, expect, it } from '@jest/globals';

import { LevelWatch } from '../../benchmarks/recovery/level.js';

/** A look every 100 ms at others that execute an operation a millisecond; the replica answers in 5 ms, with `own`. */
function watched(own: (atMs: number) => number, untilMs: number): LevelWatch {
  const watch = new LevelWatch(2000);
  for (let askedAtMs = 0; askedAtMs <= untilMs; askedAtMs += 100) {
    watch.look({ askedAtMs, group: askedAtMs, own: own(askedAtMs), answeredAtMs: askedAtMs + 5 });
  }
  return watch;
}

describe('a replica that comes back', () => {
  it('is level from its first answer that holds what the others had when they were asked', () => {
    const watch = watched((atMs) => (atMs < 1000 ? -1 : atMs), 3000);
    expect(watch.levelAtMs).toBe(1005);
    expect(watch.isSettled).toBe(true);
  });

  it('is not certain to be level before it has stayed so', () => {
    expect(watched((atMs) => atMs, 1900).isSettled).toBe(false);
    expect(watched((atMs) => atMs, 2000).isSettled).toBe(true);
  });

  it('stays level where it is never more than a second late', () => {
    const watch = watched((atMs) => (atMs < 500 || atMs > 1400 ? atMs : 500), 3000);
    expect(watch.levelAtMs).toBe(5);
  });

  it('was not level where it falls behind by more', () => {
    const watch = watched((atMs) => (atMs < 500 || atMs > 2000 ? atMs : 500), 5000);
    expect(watch.levelAtMs).toBe(2105);
  });

  it('is not level while its answers take more than a second', () => {
    const watch = new LevelWatch(2000);
    watch.look({ askedAtMs: 0, group: 10, own: 10, answeredAtMs: 1200 });
    expect(watch.levelAtMs).toBeNull();
  });

  it('is not level while it is behind', () => {
    expect(watched((atMs) => atMs - 1, 3000).levelAtMs).toBeNull();
  });
});
