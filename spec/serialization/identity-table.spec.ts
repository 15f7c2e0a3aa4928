import { describe, expect, it } from '@jest/globals';

import { IdentityTable } from '../../lib/serialization/identity-table.js';

describe('The identity table', () => {
  it.each<[string, number, (i: number) => object]>([
    ['that differ', 50_000, (i) => ({ id: `id ${i}`, amount: i * 0.5 })],
    ['that all look the same, more than one Map takes', 150_000, () => []],
    ['of which some look the same', 50_000, (i) => new Map([[i % 5_000, [i % 3]]])],
    ['that hold each other', 50_000, (i) => [{ inner: { i } }]],
    ['of bytes', 50_000, (i) => Buffer.from(String(i % 10_000))],
  ])('numbers objects %s, each once, and finds every one again', (_, length, make) => {
    const table = new IdentityTable();
    const objects = Array.from({ length }, (_element, i) => make(i));
    expect(objects.every((object) => table.place(object) === -1)).toBe(true);
    expect(objects.every((object, i) => table.place(object) === i)).toBe(true);
  });
});
