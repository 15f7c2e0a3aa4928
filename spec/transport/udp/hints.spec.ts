import { describe, expect, it } from '@jest/globals';

import { Hints } from '../../../lib/transport/udp/hints.js';
import { type Hint, shownAddress } from '../../../lib/transport/udp/rendezvous.js';
import { MemoryLog } from '../../support/station.js';
import { until } from '../../support/udp-testbed.js';

const HOST: Hint = { kind: 'host', name: 'db.internal', port: 7400 };

class World {
  readonly log = new MemoryLog();
  readonly heard = new Set<string>();
  asked: string[] = [];
  hosts: Record<string, readonly string[]> = {};
  services: Record<string, readonly { readonly name: string; readonly port: number }[]> = {};
  hints!: Hints;
  now = 0;

  open(hints: readonly Hint[], local = '10.0.0.1'): void {
    const answer = async <T>(table: Record<string, T>, name: string): Promise<T> => {
      this.asked.push(name);
      await Promise.resolve();
      const found = table[name];
      if (found === undefined) throw new Error(`ENOTFOUND ${name}`);
      return found;
    };
    this.hints = new Hints({
      ...{ hints, local, log: this.log },
      resolver: {
        addresses: (name) => answer(this.hosts, name),
        services: (name) => answer(this.services, name),
      },
      isOwn: ({ address }) => address === local,
      isHeard: (address) => this.heard.has(shownAddress(address)),
    });
  }

  get addresses(): string[] {
    return [...this.hints.addresses()].map(shownAddress);
  }

  /** The ticks at which names are looked up. */
  async pass(ticks: number): Promise<number[]> {
    const lookups: number[] = [];
    for (const end = this.now + ticks; this.now < end;) {
      this.now += 1;
      this.asked = [];
      this.hints.tick(this.now);
      if (this.asked.length > 0) lookups.push(this.now);
      for (let i = 0; i < 8; i += 1) await Promise.resolve();
    }
    return lookups;
  }
}

describe('what another process tells', () => {
  it('counts where it may be the address of one process', () => {
    const world = new World();
    world.open([], '::');
    for (const address of [
      '10.0.0.2',
      '239.255.0.1',
      '255.255.255.255',
      '0.0.0.0',
      '::',
      'ff02::1',
      '::ffff:224.0.0.1',
    ])
      world.hints.tell({ address, port: 7400 }, { address: '10.0.0.3', port: 7400 });
    expect(world.addresses).toEqual(['[::ffff:10.0.0.2]:7400']);
  });
});

describe('the addresses that other processes tell', () => {
  const from = { address: '10.0.0.2', port: 7400 };
  const at = (port: number) => ({ address: '10.0.0.3', port });

  it('are kept in a bounded number, and those that are heard by now make room for others', async () => {
    const world = new World();
    world.open([]);
    for (let port = 1; port <= 100; port += 1) world.hints.tell(at(port), from);
    expect(world.addresses).toEqual(Array.from({ length: 64 }, (_, i) => `10.0.0.3:${i + 1}`));
    for (let port = 1; port <= 64; port += 2) world.heard.add(shownAddress(at(port)));
    await world.pass(1);
    for (let port = 65; port <= 100; port += 1) world.hints.tell(at(port), from);
    expect(world.addresses).toHaveLength(64);
    expect(world.addresses).toEqual(expect.arrayContaining(['10.0.0.3:2', '10.0.0.3:96']));
    expect(world.addresses).not.toContain('10.0.0.3:1');
  });

  it('are forgotten when nobody tells them any more', async () => {
    const world = new World();
    world.open([]);
    world.hints.tell(at(1), from);
    world.hints.tell(at(2), from);
    await world.pass(5_000);
    world.hints.tell(at(2), from);
    await world.pass(1_000);
    expect(world.addresses).toEqual(['10.0.0.3:2']);
  });
});

describe('a host name', () => {
  it('stands for all its addresses but the own one, and those that the socket does not reach', async () => {
    const world = new World();
    world.hosts['db.internal'] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.2', 'fd00::2', 'nonsense'];
    world.open([HOST]);
    await until(() => world.hints.version > 0);
    expect(world.addresses).toEqual(['10.0.0.2:7400', '10.0.0.3:7400']);
  });

  it('is looked up again, at growing intervals, as long as one of its addresses is silent', async () => {
    const world = new World();
    world.hosts['db.internal'] = ['10.0.0.2', '10.0.0.3'];
    world.open([HOST]);
    await until(() => world.hints.version > 0);
    expect(await world.pass(1_600)).toEqual([100, 300, 700, 1_500]);
    expect((await world.pass(60_000)).length).toBeLessThan(15);
    world.heard.add('10.0.0.2:7400').add('10.0.0.3:7400');
    await world.pass(6_000);
    expect(await world.pass(60_000)).toEqual([]);
    world.heard.delete('10.0.0.3:7400');
    world.hosts['db.internal'] = ['10.0.0.2', '10.0.0.4'];
    const [first = 0] = await world.pass(300);
    expect(first).toBeGreaterThan(0);
    expect(world.addresses).toEqual(['10.0.0.2:7400', '10.0.0.4:7400']);
  });

  it('that has no address is told, seldom, and found when it comes', async () => {
    const world = new World();
    world.open([HOST, { kind: 'address', address: '10.0.0.9', port: 7400 }]);
    await until(() => world.log.lines.length === 1);
    expect(world.log.lines[0]).toMatchObject({ level: 'warn', facts: { name: 'db.internal' } });
    expect(world.log.lines[0]!.text).toContain('ENOTFOUND db.internal');
    expect(world.addresses).toEqual(['10.0.0.9:7400']);
    await world.pass(50_000);
    expect(world.log.lines).toHaveLength(1);
    await world.pass(20_000);
    expect(world.log.lines).toHaveLength(2);
    world.hosts['db.internal'] = ['10.0.0.2'];
    await world.pass(6_001);
    expect(world.addresses).toEqual(['10.0.0.9:7400', '10.0.0.2:7400']);
    expect(world.log.lines.at(-1)).toMatchObject({ level: 'info', facts: { addresses: ['10.0.0.2:7400'] } });
  });

  it('that only addresses of another kind have is told as one that has none', async () => {
    const world = new World();
    world.hosts['db.internal'] = ['fd00::2'];
    world.open([HOST]);
    await until(() => world.log.lines.length === 1);
    expect(world.log.lines[0]!.text).toContain('none that is reached from 10.0.0.1');
  });

  it('keeps its addresses while it cannot be looked up', async () => {
    const world = new World();
    world.hosts['db.internal'] = ['10.0.0.2'];
    world.open([HOST]);
    await until(() => world.hints.version > 0);
    world.hosts = {};
    expect((await world.pass(500)).length).toBeGreaterThan(0);
    expect(world.addresses).toEqual(['10.0.0.2:7400']);
  });

  it('is not heard of after the close', async () => {
    const world = new World();
    world.hosts['db.internal'] = ['10.0.0.2'];
    world.open([HOST]);
    world.hints.close();
    for (let i = 0; i < 8; i += 1) await Promise.resolve();
    expect(world.asked).toEqual(['db.internal']);
    expect(world.addresses).toEqual([]);
  });
});

describe('a service name', () => {
  it('stands for the addresses of its hosts, each with its port, and one host without an address harms no other', async () => {
    const world = new World();
    world.services['_treplica._udp.example.org'] = [
      { name: 'a.example.org', port: 7401 },
      { name: 'b.example.org', port: 7402 },
      { name: 'gone.example.org', port: 7403 },
    ];
    world.hosts = { 'a.example.org': ['10.0.0.2', 'fd00::2'], 'b.example.org': ['10.0.0.3'] };
    world.open([{ kind: 'service', name: '_treplica._udp.example.org' }], '::');
    await until(() => world.hints.version > 0);
    expect(world.addresses).toEqual(['[::ffff:10.0.0.2]:7401', '[fd00::2]:7401', '[::ffff:10.0.0.3]:7402']);
    expect(world.log.lines).toEqual([]);
  });
});
