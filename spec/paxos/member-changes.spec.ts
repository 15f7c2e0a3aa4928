import { beforeEach, describe, expect, it } from '@jest/globals';

import { Views } from '../../lib/consensus/membership/views.js';
import type { Batch } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { MemberChanges } from '../../lib/paxos/member-changes.js';
import type { ReadWaiter } from '../../lib/paxos/waiting-reads.js';
import { ANNA, BERT, CARL, DORA } from '../support/ids.js';
import { rejection } from '../support/queue-group.js';

let watermark: Instance;
let views: Views;
let proposed: Batch[];
/** The questions for the past that are open. */
let asked: Set<ReadWaiter>;
let changes: MemberChanges;

beforeEach(() => {
  watermark = 0 as Instance;
  [proposed, asked] = [[], new Set()];
  const view = new View(0, [ANNA, BERT, CARL]);
  const group = groupIdOf(view.members, 0);
  views = new Views(
    { group, views: [{ view, from: 0 as Instance }], borderInstances: constants.borderInstances },
    {
      get first() {
        return watermark;
      },
    },
  );
  changes = new MemberChanges({
    core: {
      views,
      get watermark() {
        return watermark;
      },
    },
    ...{ self: DORA, startNumber: 1, lagMax: 512 },
    transport: { ticksSinceHeard: () => 0 },
    observers: { lagOf: (process) => (process === DORA ? 0 : null) },
    read: (waiter) => {
      asked.add(waiter);
      return () => void asked.delete(waiter);
    },
    propose: (batch) => proposed.push(batch),
  });
});

function answerPast(): void {
  for (const { resolve } of asked) resolve();
  changes.tick();
}

/** A view is decided, and governs at once. */
function decide(view: View): void {
  const record = { view, from: watermark };
  views.add({ view, from: (watermark + 1) as Instance });
  watermark = (watermark + 1) as Instance;
  changes.noticed({ kind: 'view', record });
}

describe('a change that is asked for at a process which lags', () => {
  it('is judged by the members that the group has by then, once a majority has told the past', async () => {
    const failed = rejection(changes.change({ remove: [CARL] }, {}));
    decide(new View(1, [ANNA, BERT]));
    expect(proposed).toEqual([]);
    answerPast();
    expect(await failed).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(CARL) });
    expect(proposed).toEqual([]);
  });

  it('and meets another one that is decided first, is refused and names the members now', async () => {
    const failed = rejection(changes.change({ add: [DORA] }, {}));
    answerPast();
    expect(proposed).toHaveLength(1);
    decide(new View(1, [ANNA, BERT]));
    expect(await failed).toMatchObject({
      code: 'MEMBERS_CHANGED',
      message: expect.stringContaining(`the members are now ${ANNA}, ${BERT}, and not`),
    });
    expect(changes.isBusy).toBe(false);
  });
});

describe('a change that is asked for at a process which no majority answers', () => {
  it('ends with its signal, and nothing is proposed or asked for any more', async () => {
    const controller = new AbortController();
    const failed = rejection(changes.change({ add: [DORA] }, { signal: controller.signal, force: true }));
    changes.tick();
    controller.abort(new Error('too long'));
    expect(await failed).toMatchObject({ message: 'too long' });
    changes.tick();
    expect([proposed, asked.size, changes.isBusy]).toEqual([[], 0, false]);
  });
});
