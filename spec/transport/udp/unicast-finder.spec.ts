import { describe, expect, it } from '@jest/globals';

import { NO_GROUP } from '../../../lib/model/ids.js';
import { type Address, Peers } from '../../../lib/transport/frame/peers.js';
import { UnicastFinder } from '../../../lib/transport/udp/unicast-finder.js';
import { idOf } from '../../support/ids.js';
import { MemoryLog, SOME_START } from '../../support/station.js';

const at = (port: number): Address => ({ address: '10.0.0.9', port });
const [HINT, MEMBER, STRANGER, SPEAKER] = [1, 2, 3, 4] as const;

class World {
  readonly peers = new Peers();
  readonly finder = new UnicastFinder({
    hints: [{ kind: 'address', ...at(HINT) }],
    resolver: { addresses: () => Promise.resolve([]), services: () => Promise.resolve([]) },
    local: { address: '10.0.0.1', port: 7400 },
    log: new MemoryLog(),
    peers: this.peers,
  });

  hear(...ports: readonly number[]): void {
    for (const port of ports) this.peers.learn(idOf(port), NO_GROUP, at(port), SOME_START);
  }

  /** The ports that something is sent to in so many ticks, in which one process speaks all the time. */
  pass(ticks: number): Set<number> {
    const tried = new Set<number>();
    for (let tick = 0; tick < ticks; tick += 1) {
      this.peers.nowTick += 1;
      if (this.peers.nowTick % 50 === 0) this.hear(SPEAKER);
      this.finder.tick();
      for (const { port } of [...this.finder.fanOut.next(), ...this.finder.knocks()]) tried.add(port);
    }
    return tried;
  }
}

describe('a process that is silent', () => {
  it('is looked for for ten minutes; for good where it is a member, or a hint leads there', () => {
    const world = new World();
    world.hear(HINT, MEMBER, STRANGER, SPEAKER);
    world.peers.keep([idOf(MEMBER)]);
    expect(world.pass(59_000)).toEqual(new Set([HINT, MEMBER, STRANGER, SPEAKER]));
    world.pass(1_100);
    expect(world.pass(60_000)).toEqual(new Set([HINT, MEMBER, SPEAKER]));
    world.hear(STRANGER);
    expect(world.pass(60_000)).toContain(STRANGER);
  });

  it('is one of a bounded number that are looked for, those first that have been heard last', () => {
    const world = new World();
    world.hear(MEMBER);
    world.peers.keep([idOf(MEMBER)]);
    for (let port = 1_000; port < 1_500; port += 1) {
      world.hear(port);
      world.pass(1);
    }
    world.pass(400);
    const tried = world.pass(2_000);
    expect(tried).toEqual(new Set([HINT, MEMBER, SPEAKER, ...Array.from({ length: 64 }, (_, i) => 1_436 + i)]));
  });
});
