import { afterEach, describe, expect, it } from '@jest/globals';

import { QueueGroup, takeTexts } from '../support/queue-group.js';
import { newPlaces } from '../support/udp-testbed.js';

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
