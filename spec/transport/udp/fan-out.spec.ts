import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_GROUP } from '../../../lib/model/ids.js';
import { type Address, Peers } from '../../../lib/transport/frame/peers.js';
import { FanOut } from '../../../lib/transport/udp/fan-out.js';
import { shownAddress } from '../../../lib/transport/udp/rendezvous.js';
import { newProcessId, SOME_START } from '../../support/station.js';

const at = (port: number): Address => ({ address: '10.0.0.1', port });

class World {
  readonly peers = new Peers();
  readonly ids = Array.from({ length: 6 }, newProcessId);
  readonly hints = {
    version: 0,
    ports: new Map<number, number>(),
    told: new Map<number, number>(),
    addresses: () => [
      ...[...this.hints.ports].map(([port, since]) => ({ ...at(port), since, isHearsay: false })),
      ...[...this.hints.told].map(([port, since]) => ({ ...at(port), since, isHearsay: true })),
    ],
  };
  readonly fanOut = new FanOut(this.peers, this.hints);

  hint(port: number): void {
    this.hints.ports.set(port, this.peers.nowTick);
    this.hints.version += 1;
  }

  tell(port: number): void {
    this.hints.told.set(port, this.peers.nowTick);
    this.hints.version += 1;
  }

  hear(process: number, port: number): void {
    this.peers.learn(this.ids[process]!, NO_GROUP, at(port), SOME_START);
  }

  next(): number[] {
    return this.fanOut.next().map(({ port }) => port);
  }

  /** Datagrams that go to a port when one is sent at each of so many ticks. */
  sentTo(port: number, ticks: number): number {
    let sent = 0;
    for (let tick = 0; tick < ticks; tick += 1) {
      this.peers.nowTick += 1;
      if (this.next().includes(port)) sent += 1;
    }
    return sent;
  }
}

describe('a datagram to everyone', () => {
  it('goes to no address twice, to every process heard of lately, and to no address that nobody has named', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('hear' as const), process: fc.nat(5), port: fc.nat(4) }),
      fc.record({ kind: fc.constant('hint' as const), port: fc.nat(4) }),
      fc.record({ kind: fc.constant('pass' as const), ticks: fc.nat(400) }),
      fc.record({ kind: fc.constant('send' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = new World();
        const where = new Map<number, { port: number; tick: number }>();
        for (const one of steps) {
          if (one.kind === 'hear') {
            world.hear(one.process, one.port);
            where.set(one.process, { port: one.port, tick: world.peers.nowTick });
          } else if (one.kind === 'hint') world.hint(one.port);
          else if (one.kind === 'pass') world.peers.nowTick += one.ticks;
          world.peers.nowTick += 1;
          const targets = world.fanOut.next();
          expect(new Set(targets.map(shownAddress)).size).toBe(targets.length);
          const ports = targets.map(({ port }) => port);
          for (const { port, tick } of where.values())
            if (world.peers.nowTick - tick < 300) expect(ports).toContain(port);
          const known = [...where.values()].map(({ port }) => port);
          for (const port of ports) expect([...known, ...world.hints.ports.keys()]).toContain(port);
        }
      }),
    );
  });

  it('follows a process to its new address at once', () => {
    const world = new World();
    world.hear(0, 1);
    expect(world.next()).toEqual([1]);
    world.hear(0, 2);
    expect(world.next()).toEqual([2]);
  });

  it('goes to a place from which nothing has come only for a short time, and then now and then', () => {
    const world = new World();
    world.hint(1);
    expect(world.sentTo(1, 299)).toBe(299);
    const firstMinute = world.sentTo(1, 6_000);
    expect(firstMinute).toBeGreaterThan(60);
    expect(firstMinute).toBeLessThan(300);
    expect(world.sentTo(1, 6_000)).toBe(60);
    world.hear(0, 1);
    expect(world.sentTo(1, 200)).toBe(200);
  });

  it('goes to a place of which somebody has merely told now and then, until something has come from there', () => {
    const world = new World();
    world.tell(1);
    expect(world.next()).toEqual([1]);
    expect(world.sentTo(1, 300)).toBe(30);
    world.tell(1);
    expect(world.sentTo(1, 100)).toBeLessThanOrEqual(10);
    world.hear(0, 1);
    expect(world.sentTo(1, 100)).toBe(100);
    world.peers.nowTick += 400;
    world.tell(1);
    expect(world.sentTo(1, 100)).toBeLessThanOrEqual(10);
  });

  it('goes to a place of the options as before when somebody tells of it, too', () => {
    const world = new World();
    world.hint(1);
    world.tell(1);
    expect(world.sentTo(1, 100)).toBe(100);
  });

  it('goes to a silent place once in a tick, however much is sent', () => {
    const world = new World();
    world.hint(1);
    world.peers.nowTick = 5_000;
    expect([world.next(), world.next(), world.next()]).toEqual([[1], [], []]);
  });

  it('goes on to a process that only the bulk lane brings', () => {
    const world = new World();
    world.hear(0, 1);
    for (let i = 0; i < 10; i += 1) {
      world.peers.nowTick += 200;
      world.peers.heardInBulk(world.ids[0]!, NO_GROUP);
    }
    expect(world.sentTo(1, 100)).toBe(100);
  });
});
