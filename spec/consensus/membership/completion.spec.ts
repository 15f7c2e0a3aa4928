import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Shared } from '../../../lib/consensus/shared.js';
import type { Instance } from '../../../lib/model/ids.js';
import { View, type ViewRecord } from '../../../lib/model/view.js';
import { sharedOf } from '../../support/core-shared.js';
import { idOf } from '../../support/ids.js';

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

function recordOf(number: number, from: number, ...members: readonly number[]): ViewRecord {
  return {
    view: new View(
      number,
      members.map((member) => idOf(member)),
    ),
    from: from as Instance,
  };
}

const VIEWS = [recordOf(0, 0, 1, 2, 3), recordOf(1, 10, 4, 5, 6), recordOf(2, 20, 7, 8, 9)];

let shared: Shared;
beforeEach(() => {
  shared = sharedOf(idOf(4), ...VIEWS);
});

/** The number of the view that is complete, after the processes have told that their ledgers hold everything below. */
function completeAfter(told: ReadonlyMap<number, number>): number {
  for (const [process, durable] of told) shared.completion.heard(idOf(process), durable as Instance);
  shared.completion.judge(idOf(4), (told.get(4) ?? 0) as Instance);
  return shared.completion.number;
}

describe('a view is complete', () => {
  it.each([
    [
      'not before a majority of it holds what is below its border',
      [
        [4, 10],
        [5, 9],
      ],
      0,
    ],
    [
      'once a majority of it does',
      [
        [4, 10],
        [5, 10],
      ],
      1,
    ],
    [
      'not by members of the view before',
      [
        [1, 10],
        [2, 10],
        [3, 10],
      ],
      0,
    ],
    [
      'not by a majority of a later view that holds no more than this one needs',
      [
        [7, 10],
        [8, 19],
      ],
      0,
    ],
    [
      'by a majority of a later view that holds what is below the border of that one',
      [
        [7, 20],
        [8, 20],
      ],
      2,
    ],
  ] as const)('%s', (_, told, number) => {
    expect(completeAfter(new Map(told))).toBe(number);
  });

  it('only if every majority of it, or of a later one, has a member that knows where that view begins', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...NUMBERS), fc.nat(25))), (told) => {
        shared = sharedOf(idOf(4), ...VIEWS);
        const durable = new Map(told);
        const number = completeAfter(durable);
        if (number === 0) return;
        const { view, from } = VIEWS[number]!;
        const holding = NUMBERS.filter((process) => (durable.get(process) ?? 0) >= from).map((process) =>
          idOf(process),
        );
        const lacking = view.members.filter((member) => !holding.includes(member));
        expect(lacking.length).toBeLessThan(view.classicQuorum);
      }),
    );
  });

  it('for good: what is heard later takes nothing back, and it is told once', () => {
    completeAfter(
      new Map([
        [4, 10],
        [5, 10],
      ]),
    );
    completeAfter(
      new Map([
        [4, 3],
        [5, 3],
      ]),
    );
    expect(shared.completion.number).toBe(1);
    expect(shared.outbox.take(0 as Instance, false).notices).toEqual([{ kind: 'view-complete', number: 1 }]);
  });
});
