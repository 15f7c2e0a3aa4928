import { expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import type { GroupId, ProcessId } from '../../../lib/model/ids.js';
import { Peers } from '../../../lib/transport/frame/peers.js';
import { SOME_START } from '../../support/station.js';

const SELF = '0'.repeat(16) as ProcessId;

function processNumber(number: number): ProcessId {
  return number.toString(16).padStart(16, '0') as ProcessId;
}

it('addresses are remembered of those heard lately, and of so many', () => {
  const peers = new Peers();
  const group = 'a'.repeat(16) as GroupId;
  const where = { address: 'here', port: 1 };
  for (let i = 0; i < 20 * constants.peersMax; i += 1) {
    if (i % 100 === 0) peers.learn(SELF, group, where, SOME_START);
    peers.learn(processNumber(1 + i), group, where, SOME_START);
  }
  expect(peers.addressOf(SELF)).toEqual(where);
  const late = processNumber(21 * constants.peersMax);
  for (let i = 0; i < 2; i += 1) peers.learn(late, group, where, SOME_START);
  expect(peers.addressOf(late)).toEqual(where);
  const known = Array.from({ length: 20 * constants.peersMax }, (_, i) => peers.addressOf(processNumber(1 + i)));
  expect(known.filter((address) => address !== undefined).length).toBeLessThanOrEqual(constants.peersMax);
});
