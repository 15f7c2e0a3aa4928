import { afterEach, expect, it } from '@jest/globals';

import type { AsynchronousPersistentQueue, FactsEvent } from '../../lib/index.js';
import type { QueueTestbed } from '../queue/queue-testbed.js';
import { openOverMemory } from '../support/queue-testbeds.js';
import { soon } from '../support/soon.js';

let group: QueueTestbed;

afterEach(() => group.remove());

it('a queue tells, as events, what each process of its group publishes of itself, and that it is started anew', async () => {
  group = await openOverMemory(3);
  const queueOf = (index: number) => group.queues[index] as AsynchronousPersistentQueue;
  const told: FactsEvent[][] = [[], []];
  for (const index of [0, 1])
    queueOf(index).subscribe((event) => {
      if (event.kind === 'facts-changed') told[index]!.push(event);
    });
  const [first, third] = [queueOf(0).processId, queueOf(2).processId];
  const expected: FactsEvent[] = [];
  const tells = async (process: typeof first, facts: FactsEvent['facts']): Promise<void> => {
    expected.push({ kind: 'facts-changed', process, facts });
    await soon(() => expect(told).toEqual([expected, expected]));
  };
  queueOf(2).facts.publish({ schema: 1 });
  await tells(third, { schema: 1 });
  queueOf(0).facts.publish({ name: 'first' });
  await tells(first, { name: 'first' });
  await group.kill(2);
  await group.reopen(2);
  await tells(third, null);
  await soon(() => expect([...queueOf(2).facts]).toEqual([[first, { name: 'first' }]]));
});
