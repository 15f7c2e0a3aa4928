import { expect, it } from '@jest/globals';

import { Views } from '../../lib/consensus/membership/views.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { statusOf } from '../../lib/paxos/status.js';
import { BEGINNING_STATE, Cursor } from '../../lib/sequence/cursor.js';
import { ANNA } from '../support/ids.js';

const view = new View(0, [ANNA]);
const past = {
  group: groupIdOf(view.members, 0),
  views: [{ view, from: 0 as Instance }],
  borderInstances: constants.borderInstances,
};
const NOWHERE = new Cursor(BEGINNING_STATE, { positions: Infinity, bytes: Infinity });

/** @param handedOver the first instance that the holder has not been given; null where there is no holder */
function lagOf(watermark: number, knownWatermark: number, handedOver: number | null): number {
  const first = watermark as Instance;
  const state = { ...BEGINNING_STATE, next: (handedOver ?? 0) as Instance };
  const status = statusOf(
    {
      self: ANNA,
      core: {
        views: new Views(past, { first }),
        ...{ watermark: first, durableWatermark: first, knownWatermark: knownWatermark as Instance, followed: null },
      },
      ledger: { logBytes: 0 },
      transport: { ticksSinceHeard: () => 0 },
      batcher: { undelivered: { messages: 0, bytes: 0 } },
      delivery: {
        handedOver: handedOver === null ? null : new Cursor(state, { positions: Infinity, bytes: Infinity }),
        front: NOWHERE,
      },
      attendance: { hasQuorum: true },
      recovery: { checkpointed: null },
      driver: { peers: { observers: { list: () => [] } } },
    },
    null,
  );
  return status.lagInstances;
}

it.each([
  ['what is decided here and has not been handed over', { watermark: 5, known: 5, handedOver: 3, lag: 2 }],
  ['also what is known to be decided elsewhere', { watermark: 5, known: 12, handedOver: 3, lag: 9 }],
  ['only what is decided elsewhere, where nothing is bound', { watermark: 5, known: 12, handedOver: null, lag: 7 }],
  ['nothing where the others are known to be behind', { watermark: 12, known: 5, handedOver: 12, lag: 0 }],
  ['nothing where they are behind and nothing is bound', { watermark: 12, known: 5, handedOver: null, lag: 0 }],
])('the lag of a process counts %s', (_what, { watermark, known, handedOver, lag }) => {
  expect(lagOf(watermark, known, handedOver)).toBe(lag);
});
