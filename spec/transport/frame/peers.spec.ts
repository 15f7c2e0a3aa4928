import { beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import type { GroupId } from '../../../lib/model/ids.js';
import { Peers } from '../../../lib/transport/frame/peers.js';
import { idOf } from '../../support/ids.js';
import { SOME_START } from '../../support/station.js';

const SELF = idOf(0);

it('addresses are remembered of those heard lately, and of so many', () => {
  const peers = new Peers();
  const group = 'a'.repeat(16) as GroupId;
  const where = { address: 'here', port: 1 };
  for (let i = 0; i < 20 * constants.peersMax; i += 1) {
    if (i % 100 === 0) peers.learn(SELF, group, where, SOME_START);
    peers.learn(idOf(1 + i), group, where, SOME_START);
  }
  expect(peers.addressOf(SELF)).toEqual(where);
  const late = idOf(21 * constants.peersMax);
  for (let i = 0; i < 2; i += 1) peers.learn(late, group, where, SOME_START);
  expect(peers.addressOf(late)).toEqual(where);
  const known = Array.from({ length: 20 * constants.peersMax }, (_, i) => peers.addressOf(idOf(1 + i)));
  expect(known.filter((address) => address !== undefined).length).toBeLessThanOrEqual(constants.peersMax);
});

describe('the silent processes', () => {
  const group = 'a'.repeat(16) as GroupId;
  const forgetting = { silentTicks: 100, forgottenTicks: 1_000, silentMax: 3 };
  let peers: Peers;

  const learn = (n: number): void => {
    peers.learn(idOf(n), group, { address: 'here', port: n }, SOME_START);
  };
  const remembered = (): number[] => [...peers.all()].map(([, { where }]) => where.port).sort((a, b) => a - b);
  const pass = (ticks: number): void => {
    peers.nowTick += ticks;
    peers.forgetSilent(forgetting);
  };

  beforeEach(() => {
    peers = new Peers();
  });

  it('are forgotten after a time, unless they are kept or heard again', () => {
    for (const n of [1, 2, 3]) learn(n);
    peers.keep([idOf(1)]);
    pass(999);
    expect(remembered()).toEqual([1, 2, 3]);
    peers.heardInBulk(idOf(3), group);
    const { version } = peers;
    pass(1);
    expect(remembered()).toEqual([1, 3]);
    expect(peers.version).not.toBe(version);
    peers.keep([]);
    pass(100);
    expect(remembered()).toEqual([3]);
  });

  it('are remembered in a bounded number beside those that are kept, those first that have been heard last', () => {
    for (let n = 1; n <= 6; n += 1) {
      learn(n);
      pass(10);
    }
    peers.keep([idOf(1)]);
    pass(90);
    for (const n of [7, 8]) learn(n);
    expect(remembered()).toEqual([1, 4, 5, 6, 7, 8]);
  });

  it('that are kept stay where the table is full', () => {
    learn(0);
    peers.keep([idOf(0)]);
    for (let n = 1; n < 5 * constants.peersMax; n += 1) learn(n);
    expect(peers.addressOf(idOf(0))).toEqual({ address: 'here', port: 0 });
  });
});
