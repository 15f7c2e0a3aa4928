import { afterEach, describe, expect, it } from '@jest/globals';

import type { QueueLimits } from '../../lib/index.js';
import { QueueGroup, takeTexts } from '../support/queue-group.js';

let group: QueueGroup;

afterEach(() => group.remove());

const SMALL: QueueLimits = {
  ...{ windowInstances: 64, batchesInFlightMax: 2, bytesInFlightMax: 1_000, batchBytesMax: 100, catchUpQuestions: 1 },
  ...{
    catchUpBytes: 1_000,
    catchUpInstances: 8,
    pendingMessagesMax: 3,
    unreadBytesMax: 50,
    retryMs: 20,
    retryMsMax: 60,
  },
};
const LARGE: QueueLimits = {
  ...{ windowInstances: 512, batchesInFlightMax: 8, batchBytesMax: 200_000, fetchMs: 50, stuckMs: 100, modeMs: 400 },
  ...{ catchUpQuestions: 8, retryMs: 100, retryMsMax: 1_000, pendingMessagesMax: 100_000 },
};

/** Puts 40 messages at each of these replicas, and returns all of them in the order of their positions. */
async function putAtEach(round: string, indices: readonly number[]): Promise<string[]> {
  const texts = indices.flatMap((index) =>
    Array.from({ length: 40 }, (_, i) => ({ index, text: `${round} ${index}.${i}` })),
  );
  const puts = await Promise.all(texts.map(({ index, text }) => group.put(index, text)));
  return puts.sort((a, b) => a.position - b.position).map(({ text }) => text);
}

describe.each<[string, readonly QueueLimits[]]>([
  ['small limits', [SMALL, SMALL, SMALL]],
  ['large limits', [LARGE, LARGE, LARGE]],
  ['different limits', [SMALL, {}, LARGE]],
])('a group of three with %s', (_, limits) => {
  it('orders, survives a restart of all, and brings a process level that was away', async () => {
    const all = [0, 1, 2];
    group = await QueueGroup.open(3, {}, undefined, (index) => ({ limits: limits[index]! }));
    const first = await putAtEach('first', all);
    await group.close(2);
    const second = await putAtEach('second', [0, 1]);
    await group.close(0, 1);
    await group.reopen(all);
    const third = await putAtEach('third', all);
    const order = [...first, ...second, ...third];
    for (const index of all) expect(await takeTexts(group.queue(index), order.length)).toEqual(order);
  }, 60_000);
});
