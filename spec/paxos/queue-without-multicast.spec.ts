import { afterEach, describe, expect, it } from '@jest/globals';

import { QueueGroup, takeTexts } from '../support/queue-group.js';
import { newPlaces, until } from '../support/udp-testbed.js';

describe.each(['127.0.0.1', '::1'] as const)('three processes without multicast, at %s', (host) => {
  let group: QueueGroup;

  afterEach(() => group.remove());

  async function open(): Promise<void> {
    const places = await newPlaces(3, host);
    group = await QueueGroup.open(3, { peers: [...places, 'nobody.invalid:7400'] }, undefined, (index) => ({
      listen: places[index]!,
    }));
  }

  it('found a group, order messages, and go on when they come back, one at another address', async () => {
    await open();
    await Promise.all([0, 1, 2].map((i) => group.put(i, `a${i}`)));
    const first = await takeTexts(group.queue(0), 3);
    expect(await takeTexts(group.queue(1), 3)).toEqual(first);

    await group.close(2);
    await group.put(0, 'while one is away');
    const [elsewhere = ''] = await newPlaces(1, host);
    await group.reopen([2], { listen: elsewhere });
    await group.put(2, 'from elsewhere');
    await group.queue(2).sync();
    expect(await takeTexts(group.queue(0), 2)).toEqual(['while one is away', 'from elsewhere']);
    expect(group.queue(2).status()).toMatchObject({ role: 'member', position: 5 });
    expect(
      group
        .queue(0)
        .status()
        .view.members.filter(({ heardMsAgo }) => heardMsAgo === null),
    ).toEqual([]);

    await group.closeAll();
    await group.reopen();
    await group.put(1, 'again');
    expect((await takeTexts(group.queue(0), 6)).slice(3)).toEqual(['while one is away', 'from elsewhere', 'again']);
  });
});

describe('a group at whose addresses another one knocks', () => {
  const groups: QueueGroup[] = [];

  afterEach(async () => {
    await Promise.all(groups.splice(0).map((group) => group.remove()));
  });

  /** Three processes that listen at `places`, and knock at these and `others`. */
  async function open(places: readonly string[], others: readonly string[]): Promise<QueueGroup> {
    const peers = [...places, ...others];
    const group = await QueueGroup.open(3, { peers }, undefined, (index) => ({ listen: places[index]! }));
    groups.push(group);
    return group;
  }

  async function expectBothToWork(a: QueueGroup, b: QueueGroup): Promise<void> {
    await Promise.all([a.put(0, 'of a'), b.put(0, 'of b')]);
    await Promise.all([a.queue(2).sync(), b.queue(2).sync()]);
    for (const group of [a, b]) for (const queue of group.queues) expect(queue.members).toHaveLength(3);
  }

  it('is not disturbed where that is of another queue', async () => {
    const places = await newPlaces(6, '127.0.0.1');
    const a = await open(places.slice(0, 3), []);
    const b = await open(places.slice(3), places.slice(0, 3));
    expect(b.queueId).not.toBe(a.queueId);
    await expectBothToWork(a, b);
  });

  it('says so where that is another group of the same queue, and goes on', async () => {
    const places = await newPlaces(6, '127.0.0.1');
    const a = await open(places.slice(0, 3), []);
    // Founded while the first is away, as by a wrong list of addresses.
    await a.closeAll();
    const founded = await QueueGroup.open(
      3,
      { peers: places.slice(3) },
      undefined,
      (index) => ({ listen: places[3 + index]! }),
      a.queueId,
    );
    groups.push(founded);
    const foreign: string[] = [];
    await a.reopen([0, 1, 2], {
      peers: places,
      listener: ({ kind }) => {
        foreign.push(kind);
      },
    });
    await until(() => foreign.includes('foreign-group'));
    await expectBothToWork(a, founded);
  });
});
