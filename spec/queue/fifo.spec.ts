import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Fifo } from '../../lib/queue/fifo.js';

describe('a fifo', () => {
  it('is an array from which the first is taken', () => {
    const steps = fc.array(fc.tuple(fc.nat(3000), fc.nat(3000)), { maxLength: 6 });
    fc.assert(
      fc.property(steps, (rounds) => {
        const fifo = new Fifo<{ readonly number: number }>();
        const twin: { readonly number: number }[] = [];
        let number = 0;
        for (const [pushes, shifts] of rounds) {
          for (let i = 0; i < pushes; i += 1) {
            const value = { number: (number += 1) };
            fifo.push(value);
            twin.push(value);
          }
          const taken = Array.from({ length: shifts }, () => fifo.shift());
          expect(taken.map((value) => value?.number)).toEqual(taken.map(() => twin.shift()?.number));
          expect(fifo.size).toBe(twin.length);
          expect([fifo.at(0), fifo.at(5), fifo.at(twin.length - 1)]).toEqual([twin[0], twin[5], twin[twin.length - 1]]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is empty once cleared', () => {
    const fifo = new Fifo<object>();
    fifo.push({});
    fifo.clear();
    expect(fifo.size).toBe(0);
    expect(fifo.shift()).toBeUndefined();
  });
});
