import { describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import { classicQuorum, fastQuorum, MAX_MEMBERS, View } from '../../lib/model/view.js';
import { idOf } from '../support/ids.js';

const SIZES = Array.from({ length: 15 }, (_, i) => i + 1);

/** All sets of `size` out of `n` members, as bits. */
function sets(n: number, size: number): number[] {
  const found: number[] = [];
  for (let bits = 0; bits < 1 << n; bits += 1) if (countOf(bits) === size) found.push(bits);
  return found;
}

function countOf(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Members are interchangeable, so that one set of each size stands for all as the first of several. */
function first(size: number): number {
  return (1 << size) - 1;
}

function twoMeet(n: number, size: number): boolean {
  return sets(n, size).every((other) => (first(size) & other) !== 0);
}

function threeMeet(n: number, fast: number, classic: number): boolean {
  const classicSets = sets(n, classic);
  return sets(n, fast).every((other) => {
    const common = first(fast) & other;
    return classicSets.every((set) => (common & set) !== 0);
  });
}

function members(n: number): ProcessId[] {
  return Array.from({ length: n }, (_, i) => idOf(i));
}

describe.each(SIZES)('in a view of %i', (n) => {
  it('two classic quorums meet, and smaller sets would not', () => {
    expect(twoMeet(n, classicQuorum(n))).toBe(true);
    expect(twoMeet(n, classicQuorum(n) - 1)).toBe(false);
  });

  it('two fast quorums and a classic quorum meet, and smaller fast sets would not', () => {
    expect(threeMeet(n, fastQuorum(n), classicQuorum(n))).toBe(true);
    expect(threeMeet(n, fastQuorum(n) - 1, classicQuorum(n))).toBe(false);
  });

  it('a quorum is no larger than the view', () => {
    expect(classicQuorum(n)).toBeLessThanOrEqual(n);
    expect(fastQuorum(n)).toBeLessThanOrEqual(n);
  });

  it('the view knows its quorums and its members', () => {
    const view = new View(0, members(n).reverse());
    expect([view.size, view.quorum('classic'), view.quorum('fast')]).toEqual([n, classicQuorum(n), fastQuorum(n)]);
    expect(view.members.map((member) => view.rankOf(member))).toEqual(view.members.map((_, rank) => rank));
    expect(view.members).toEqual(members(n));
    expect(view.has('ffffffffffffffff' as ProcessId)).toBe(false);
    expect(view.rankOf('ffffffffffffffff' as ProcessId)).toBe(-1);
  });
});

describe('a view', () => {
  it('counts distinct members', () => {
    const [one, two] = members(2) as [ProcessId, ProcessId];
    expect(() => new View(0, [one, two, one])).toThrow('a view is a set');
  });

  it('has at least one member, and no more than fit the bits of an integer', () => {
    expect(() => new View(0, [])).toThrow('a view is a set');
    expect(new View(0, members(MAX_MEMBERS)).size).toBe(MAX_MEMBERS);
    expect(() => new View(0, members(MAX_MEMBERS + 1))).toThrow('a view is a set');
  });
});
