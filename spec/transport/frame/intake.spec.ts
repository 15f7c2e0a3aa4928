import { expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import { idOf } from '../../support/ids.js';
import { LaneWorld } from '../../support/lane-world.js';

/** How long parts of one message are waited for that do not come. */
const HOPELESS_MS = 500 * constants.tickMs;

it('a sender that is gone, whatever it has advised, holds up another whose messages come in parts only once', () => {
  const world = new LaneWorld(3);
  world.cut('bulk', 1, 2);
  world.cut('bulk', 3, 2);
  world.loses = ({ bytes, from, to }) => from === idOf(1) && to === idOf(2) && bytes.length > 500;
  for (let i = 0; i < 20; i += 1) world.send(1, 2, Buffer.alloc(150_000, i));
  world.until(() => world.warnings(2).length > 0);
  world.stopped.add(1);
  world.cut('datagram', 1, 2);
  world.send(3, 2, Buffer.alloc(160_000));
  expect(world.until(() => world.has(2, '3>160000'))).toBeLessThan(3 * HOPELESS_MS);
});
