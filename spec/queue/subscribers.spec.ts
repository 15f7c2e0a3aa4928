import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import type { QueueEvent, QueueListener } from '../../lib/queue/events.js';
import { Subscribers } from '../../lib/queue/subscribers.js';

const REPAIRED: QueueEvent = { kind: 'repaired' };
const LEVEL: QueueEvent = { kind: 'level' };

let subscribers: Subscribers;
let told: QueueEvent[];

beforeEach(() => {
  subscribers = new Subscribers();
  told = [];
  subscribers.subscribe((event) => told.push(event));
});

describe('a listener', () => {
  it('is told each event, in order, until it unsubscribes', () => {
    const others: QueueEvent[] = [];
    const unsubscribe = subscribers.subscribe((event) => others.push(event));
    subscribers.tell(REPAIRED);
    unsubscribe();
    unsubscribe();
    subscribers.tell(LEVEL);
    expect([told, others]).toEqual([[REPAIRED, LEVEL], [REPAIRED]]);
  });

  it('that is subscribed twice is told twice, and each subscription ends by itself', () => {
    let count = 0;
    const listener = (): void => void (count += 1);
    const unsubscribe = subscribers.subscribe(listener);
    subscribers.subscribe(listener);
    subscribers.tell(REPAIRED);
    unsubscribe();
    subscribers.tell(REPAIRED);
    expect(count).toBe(3);
  });

  it('that subscribes another while it is told an event has it told what comes later', () => {
    const late: QueueEvent[] = [];
    let isFirst = true;
    subscribers.subscribe(() => {
      if (isFirst) subscribers.subscribe((event) => late.push(event));
      isFirst = false;
    });
    subscribers.tell(REPAIRED);
    subscribers.tell(LEVEL);
    expect(late).toEqual([LEVEL]);
  });
});

describe.each<[string, (error: Error) => unknown]>([
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
  ['rejects', (error) => Promise.reject(error)],
])('a listener that %s', (_, fail) => {
  const error = new Error('a listener that fails');

  it('keeps nothing from the others, is told further events, and its first failure alone is told', async () => {
    const heard: QueueEvent[] = [];
    const after: QueueEvent[] = [];
    subscribers.subscribe((event) => {
      heard.push(event);
      return fail(error);
    });
    subscribers.subscribe((event) => after.push(event));
    subscribers.tell(REPAIRED);
    await new Promise((resolve) => setImmediate(resolve));
    subscribers.tell(LEVEL);
    await new Promise((resolve) => setImmediate(resolve));
    const failed = { kind: 'listener-failed', error };
    expect(heard).toEqual([REPAIRED, LEVEL]);
    expect(told).toEqual([REPAIRED, failed, LEVEL]);
    expect(after).toHaveLength(3);
    expect(after).toEqual(expect.arrayContaining([REPAIRED, failed, LEVEL]));
  });

  it('is told of another that fails, and that ends', async () => {
    const listener = (() => fail(error)) as QueueListener;
    subscribers.subscribe(listener);
    subscribers.subscribe(listener);
    subscribers.tell({ kind: 'clock-strays', process: 'aaaaaaaaaaaaaaaa' as ProcessId, offsetMs: 5 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.map(({ kind }) => kind).sort()).toEqual(['clock-strays', 'listener-failed', 'listener-failed']);
  });
});
