import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Batch } from '../../lib/model/batch.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { Instance } from '../../lib/model/ids.js';
import { AskedChanges } from '../../lib/paxos/asked-changes.js';
import type { ReadWaiter } from '../../lib/paxos/waiting-reads.js';
import { packKeyChange } from '../../lib/sequence/key-change.js';
import { ANNA } from '../support/ids.js';

const body = packKeyChange({ follows: 0, action: 'use', id: 2 });
const closed = new TreplicaError('QUEUE_CLOSED', 'closed');

let proposed: Batch[];
/** Questions for the past, and which changes have given up theirs. */
let reads: ReadWaiter[];
let forgotten: string[];
let outcomes: unknown[];
/** Whether the first can be proposed. */
let isFree: boolean;
/** Whether the past is known at once. */
let isPastKnown: boolean;
let changes: AskedChanges<string, number>;

beforeEach(() => {
  [proposed, reads, forgotten, outcomes, isFree, isPastKnown] = [[], [], [], [], true, true];
  changes = new AskedChanges<string, number>({
    ...{ core: { watermark: 7 as Instance }, self: ANNA, startNumber: 1, kind: 'engine' },
    propose: (batch) => proposed.push(batch),
    next: () => {
      const { first } = changes;
      if (isFree && first?.made === null && changes.askPast(first)) changes.propose(first, proposed.length + 1, body);
    },
    read: (waiter) => {
      const { wish } = changes.first!;
      reads.push(waiter);
      if (isPastKnown) waiter.resolve();
      return () => forgotten.push(wish);
    },
    unknown: (wish, made, cause) => ({ unknown: wish, made, cause }) as unknown as TreplicaError,
  });
});

async function ask(wish: string, signal?: AbortSignal): Promise<void> {
  try {
    await changes.ask(wish, signal);
    outcomes.push(`${wish} is made`);
  } catch (error) {
    outcomes.push(error);
  }
}

describe('changes that are asked for at one process', () => {
  it('are proposed one at a time in their order, each under an id of its own', async () => {
    const all = [ask('first'), ask('second'), ask('third')];
    expect(proposed).toHaveLength(1);
    changes.done(changes.first!);
    changes.refuse(changes.first!, 'refused');
    changes.done(changes.first!);
    await Promise.all(all);
    expect(outcomes).toEqual(['first is made', 'refused', 'third is made']);
    expect(forgotten).toEqual(['first', 'second', 'third']);
    expect(new Set(proposed.map(({ id }) => id)).size).toBe(3);
    expect(changes.first).toBeUndefined();
  });

  it('are not proposed before everything is known that was decided before, which is asked for once', async () => {
    isPastKnown = false;
    const all = [ask('first'), ask('second')];
    for (let i = 0; i < 3; i += 1) expect(changes.askPast(changes.first!)).toBe(false);
    expect([reads.length, proposed.length]).toEqual([1, 0]);
    reads[0]!.resolve();
    expect(changes.askPast(changes.first!)).toBe(true);
    changes.propose(changes.first!, 1, body);
    changes.done(changes.first!);
    expect([reads.length, proposed.length]).toEqual([2, 1]);
    reads[1]!.reject(closed);
    await Promise.all(all);
    expect(outcomes).toEqual(['first is made', closed]);
  });

  it('are over once', async () => {
    const asked = ask('first');
    const first = changes.first!;
    changes.done(first);
    changes.refuse(first, 'late');
    await asked;
    expect([outcomes, forgotten]).toEqual([['first is made'], ['first']]);
  });

  it.each([new Error('no longer'), null, undefined])(
    'end with the reason of their signal before they are proposed: %p, and make way for the next',
    async (reason) => {
      isFree = false;
      const controller = new AbortController();
      const asked = ask('first', controller.signal);
      void ask('second');
      isFree = true;
      controller.abort(reason);
      await asked;
      expect(outcomes).toEqual([controller.signal.reason]);
      expect(changes.first).toMatchObject({ wish: 'second', made: 1 });
    },
  );

  it('have an unknown outcome where the wait ends later', async () => {
    const controller = new AbortController();
    const asked = ask('first', controller.signal);
    controller.abort('too long');
    await asked;
    expect(outcomes).toEqual([{ unknown: 'first', made: 1, cause: 'too long' }]);
    await ask('second', controller.signal);
    expect([outcomes.at(-1), proposed.length]).toEqual(['too long', 1]);
  });

  it('end with the queue: the one that is proposed with an unknown outcome', async () => {
    const all = [ask('first'), ask('second')];
    changes.stop(closed);
    await Promise.all([...all, ask('third')]);
    expect(outcomes).toHaveLength(3);
    expect(outcomes).toEqual(expect.arrayContaining([{ unknown: 'first', made: 1, cause: closed }, closed, closed]));
    expect([forgotten, proposed.length]).toEqual([['first'], 1]);
  });
});
