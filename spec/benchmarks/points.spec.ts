import { describe, expect, it } from '@jest/globals';

import { byGroup, type PointFlags, pointsOf } from '../../benchmarks/throughput/points.js';

const flags: PointFlags = { replicas: 3, mode: 'adaptive', bytes: 64, callers: 0, proposers: 0, sweep: '' };

/** The points that the flags ask for, the given fields of each. */
function points<K extends keyof PointFlags>(asked: Partial<PointFlags>, ...fields: readonly K[]) {
  return pointsOf({ ...flags, ...asked }).map((point) => fields.map((field) => point[field]));
}

describe('the points of throughput', () => {
  it('are one caller at one replica and many at each, unless callers are asked for', () => {
    expect(points({}, 'callers', 'proposers', 'sweep')).toEqual([
      [1, 1, null],
      [1000, 3, null],
    ]);
    expect(points({ callers: 20 }, 'callers', 'proposers')).toEqual([[20, 3]]);
    expect(points({ callers: 20, proposers: 2 }, 'callers', 'proposers')).toEqual([[20, 2]]);
  });

  it('of a sweep vary one thing', () => {
    const callers = points({ sweep: 'callers', proposers: 2 }, 'sweep', 'callers', 'proposers', 'bytes');
    expect(callers).toEqual([1, 4, 16, 64, 256, 1024, 4096].map((each) => ['callers', each, 2, 64]));
    expect(points({ sweep: 'replicas', callers: 5 }, 'replicas', 'proposers', 'callers')).toEqual([
      [1, 1, 5],
      [3, 3, 5],
      [5, 5, 5],
      [7, 7, 5],
    ]);
    expect(points({ sweep: 'replicas', proposers: 2 }, 'replicas', 'proposers')).toEqual([
      [1, 1],
      [3, 2],
      [5, 2],
      [7, 2],
    ]);
  });

  it('have fewer callers where operations are large, unless callers are asked for', () => {
    expect(points({ sweep: 'bytes' }, 'bytes', 'callers')).toEqual([
      [16, 1000],
      [100, 1000],
      [1000, 1000],
      [16_000, 125],
      [1_000_000, 2],
    ]);
    expect(points({ sweep: 'bytes', callers: 7 }, 'callers')).toEqual([[7], [7], [7], [7], [7]]);
    expect(points({ bytes: 8_000_000 }, 'callers')).toEqual([[1], [1]]);
    expect(points({ bytes: 0 }, 'callers')).toEqual([[1], [1000]]);
  });

  it('of the modes have one proposer, two, and all, each once', () => {
    const modes = (replicas: number) => points({ sweep: 'modes', replicas }, 'mode', 'proposers');
    expect(modes(5)).toEqual(
      ['classic', 'fast', 'adaptive'].flatMap((mode) => [1, 2, 5].map((proposers) => [mode, proposers])),
    );
    expect(modes(2).map(([, proposers]) => proposers)).toEqual([1, 2, 1, 2, 1, 2]);
    expect(modes(1).map(([, proposers]) => proposers)).toEqual([1, 1, 1]);
  });

  it('of all sweeps are those of each', () => {
    const all = pointsOf({ ...flags, sweep: 'all' });
    const each = ['callers', 'bytes', 'replicas', 'modes'].flatMap((sweep) => pointsOf({ ...flags, sweep }));
    expect(all).toEqual(each);
  });

  it('share a group where it is the same for those that follow each other', () => {
    const groups = (sweep: string) => byGroup(pointsOf({ ...flags, sweep })).map((group) => group.length);
    expect(groups('')).toEqual([2]);
    expect(groups('callers')).toEqual([7]);
    expect(groups('bytes')).toEqual([1, 1, 1, 1, 1]);
    expect(groups('modes')).toEqual([3, 3, 3]);
    const all = pointsOf({ ...flags, sweep: 'all' });
    expect(byGroup(all).flat()).toEqual(all);
  });

  it('are refused where there are not so many replicas, or no such sweep', () => {
    expect(() => points({ proposers: 4 })).toThrow('--proposers is 4, of 3 replicas: give at most as many.');
    expect(() => points({ sweep: 'size' })).toThrow(
      'There is no sweep size of throughput: use callers, bytes, replicas, modes, all.',
    );
  });
});
