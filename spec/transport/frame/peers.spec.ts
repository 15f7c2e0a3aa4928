import { expect, it } from '@jest/globals';

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
