import { expect } from '@jest/globals';

import type { Batch } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { Batcher } from '../../lib/paxos/batcher.js';
import { unpackBody } from '../../lib/sequence/batch-body.js';
import { ANNA } from '../support/ids.js';

type Limits = ConstructorParameters<typeof Batcher>[0]['limits'];

const UNLIMITED: Limits = {
  pendingMessagesMax: 1e9,
  pendingBytesMax: 1e9,
  batchBytesMax: 1e9,
  batchesInFlightMax: 1e9,
  bytesInFlightMax: () => 1e9,
};

export const SINCE = 5 as Instance;

export function batcherWith(limits: Partial<Limits> = {}): Batcher {
  return new Batcher({
    process: ANNA,
    startNumber: 3,
    since: SINCE,
    now: () => 1234,
    limits: { ...UNLIMITED, ...limits },
  });
}

export function messagesOf(batch: Batch | null): string[] {
  return batch === null ? [] : unpackBody(batch.body).messages.map(String);
}

/** Puts each of `texts`, whose tickets are the texts themselves; they must be taken at once. */
export function put(batcher: Batcher, ...texts: string[]): void {
  for (const text of texts) expect(batcher.submit(Buffer.from(text), text)).toBeUndefined();
}

/** A caller as `put()` is one: tries again until the message is taken. */
export async function putPatiently(batcher: Batcher, text: string, taken: string[]): Promise<void> {
  const message = Buffer.from(text);
  for (let room = batcher.submit(message, text); room !== undefined; room = batcher.submit(message, text)) await room;
  taken.push(text);
}

/** Lets everything run that waits for promises alone. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
