import { beforeEach, describe, expect, it } from '@jest/globals';

import { Views } from '../../lib/consensus/membership/views.js';
import { constants } from '../../lib/model/constants.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { AutoReplacement } from '../../lib/paxos/auto-replacement.js';
import { ANNA, BERT, CARL, DORA, idOf } from '../support/ids.js';

const SELF = ANNA;
const SPARE = idOf(77);
const view = new View(0, [ANNA, BERT, CARL]);

let refusal: TreplicaError | null;
let lagOf: Map<ProcessId, number>;
let silentTicks: Map<ProcessId, number>;
let told: unknown[];
/** The ticks of the attempts, and whom they would have added. */
let attempts: { readonly tick: number; readonly by: string }[];
let now: number;
let coordinates: boolean;
let replacement: AutoReplacement;

beforeEach(() => {
  refusal = new TreplicaError('NOT_LEVEL', 'not level');
  lagOf = new Map([[DORA, 0]]);
  silentTicks = new Map([[CARL, 1_000_000]]);
  [told, attempts, now, coordinates] = [[], [], 0, true];
  const group = groupIdOf(view.members, 0);
  const views = new Views(
    { group, views: [{ view, from: 0 as Instance }], borderInstances: constants.borderInstances },
    { first: 0 as Instance },
  );
  replacement = new AutoReplacement({
    self: SELF,
    autoReplace: { afterMs: 1_000 },
    core: {
      views,
      completeView: 0,
      get coordinates() {
        return coordinates;
      },
    },
    transport: { ticksSinceHeard: (process) => silentTicks.get(process) ?? 0 },
    observers: {
      list: () =>
        Array.from(lagOf, ([process, lagInstances]) => ({ process, lagInstances, address: null, sinceMs: 0 })),
    },
    lagMax: 512,
    memberChanges: {
      isBusy: false,
      change: ({ add = [] }) => {
        attempts.push({ tick: now, by: add[0]! });
        return refusal === null ? Promise.resolve() : Promise.reject(refusal);
      },
    },
    notify: (event) => told.push(event),
  });
});

async function pass(ticks: number): Promise<void> {
  for (const end = now + ticks; now < end;) {
    now += 1;
    const before = attempts.length;
    replacement.tick();
    if (attempts.length > before) await new Promise(setImmediate);
  }
}

const gaps = (): number[] => attempts.slice(1).map(({ tick }, i) => tick - attempts[i]!.tick);

describe('a replacement that is refused', () => {
  it('is tried again after a second, then after pauses that double up to a minute, and is told once', async () => {
    await pass(60_000);
    expect(gaps().slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_000, 6_000]);
    expect(told).toEqual([{ kind: 'replacement-failed', process: CARL, by: DORA, error: refusal }]);
  });

  it('is told again for another cause, and for another observer, which is tried soon', async () => {
    await pass(10_000);
    refusal = new TreplicaError('NO_MAJORITY', 'no majority');
    await pass(10_000);
    lagOf = new Map([[SPARE, 0]]);
    await pass(10_000);
    expect(told).toMatchObject([
      { by: DORA, error: { code: 'NOT_LEVEL' } },
      { by: DORA, error: { code: 'NO_MAJORITY' } },
      { by: SPARE, error: { code: 'NO_MAJORITY' } },
    ]);
    expect(attempts.find(({ by }) => by === SPARE)!.tick).toBe(20_001);
  });

  it('of two observers that come and go is told once of each', async () => {
    for (let i = 0; i < 40; i += 1) {
      lagOf = new Map([[i % 2 === 0 ? DORA : SPARE, 0]]);
      await pass(500);
    }
    expect(told).toMatchObject([{ by: DORA }, { by: SPARE }]);
  });

  it('is told anew where the member was heard meanwhile, or another process coordinated', async () => {
    await pass(1_000);
    silentTicks.set(CARL, 0);
    await pass(1);
    silentTicks.set(CARL, 1_000_000);
    await pass(1_000);
    expect(told).toHaveLength(2);
    coordinates = false;
    await pass(1);
    coordinates = true;
    await pass(1_000);
    expect(told).toHaveLength(3);
  });
});

describe('the observer that takes the place of a member', () => {
  it('is one that has been heard within the last two seconds', async () => {
    silentTicks.set(DORA, 201);
    await pass(1_000);
    expect(attempts).toEqual([]);
    lagOf.set(SPARE, 0);
    await pass(1);
    expect(attempts.map(({ by }) => by)).toEqual([SPARE]);
    silentTicks.set(DORA, 200);
    await pass(1_000);
    expect(attempts.at(-1)!.by).toBe(DORA);
  });

  it('is level', async () => {
    lagOf.set(DORA, 513);
    await pass(1_000);
    expect(attempts).toEqual([]);
  });
});
