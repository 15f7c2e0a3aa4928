import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Batch, batchId, boundTo } from '../../lib/model/batch.js';
import { after, COUNTER_MAX, type Instance, type ProcessId } from '../../lib/model/ids.js';
import { type Start, startNumber } from '../../lib/model/start.js';
import { groupIdOf } from '../../lib/model/view.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import { encodeMessage } from '../../lib/paxos/wire/wire.js';
import { packBody } from '../../lib/sequence/batch-body.js';
import { idOfBody } from '../../lib/sequence/sound-batch.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { messages } from '../support/arbitraries.js';
import { QueueGroup, takeTexts } from '../support/queue-group.js';
import { repetitions } from '../support/repetitions.js';
import { newProcessId, SOME_START } from '../support/station.js';
import { type Eavesdropper, eavesdropperOn, type Stranger, strangerOn } from '../support/udp-testbed.js';

/** The next instance of a group that has ordered a few messages is one of these. */
const somePlaces = Array.from({ length: 20 }, (_, instance) => instance as Instance);

/** Everything here comes in intact frames that carry the id of the group. */
describe.each(['classic', 'fast'] as const)('well-formed datagrams under the id of the group, in %s mode', (mode) => {
  let group: QueueGroup;
  let stranger: Stranger;
  let listener: Eavesdropper;
  let texts: string[];

  beforeEach(async () => {
    group = await QueueGroup.open(3, { mode });
    stranger = await strangerOn(group.queueId);
    listener = await eavesdropperOn(group.queueId);
    texts = [];
  });

  afterEach(async () => {
    await stranger.close();
    await listener.close();
    await group.remove();
  });

  async function send(from: ProcessId, ...messages: readonly WireMessage[]): Promise<void> {
    const isMember = group.queues.some(({ processId }) => processId === from);
    const start = isMember ? await listener.startOf(from) : SOME_START;
    const encoder = new FrameEncoder(group.queueId, from, start);
    encoder.join(groupIdOf(group.queues.map(({ processId }) => processId).sort(), 0)); // prettier-ignore
    await stranger.send(Buffer.concat(encoder.encode(messages.map(encodeMessage))));
  }

  /** One message of each process is ordered, and read everywhere in the same order. */
  async function expectToWork(): Promise<void> {
    const puts = await Promise.all([0, 1, 2].map((index) => group.put(index, `${texts.length + index}`)));
    texts.push(...puts.sort((a, b) => a.position - b.position).map(({ text }) => text));
    for (const queue of group.queues) expect(await takeTexts(queue, 3)).toEqual(texts.slice(-3));
  }

  /** As above, and again after all have been started anew: what was written down harms nobody either. */
  async function expectToWorkForGood(): Promise<void> {
    await expectToWork();
    await group.closeAll();
    await group.reopen();
    const all = await Promise.all(group.queues.map((queue) => takeTexts(queue, texts.length)));
    expect(all).toEqual([texts, texts, texts]);
    await expectToWork();
  }

  it.each<[string, (id: ProcessId) => WireMessage | WireMessage[]]>([
    [
      'the highest reign there is',
      (id) => ({ kind: 'prepare', ballot: { reign: COUNTER_MAX, coordinator: id, step: 1 }, from: 0 as Instance }),
    ],
    [
      'a reign that would be the next',
      (id) => ({ kind: 'prepare', ballot: { reign: 2, coordinator: id, step: 1 }, from: 0 as Instance }),
    ],
    [
      'a batch with a body of one byte',
      (id) => ({ kind: 'batch', batch: { id: batchId(id, 1, 0), body: Buffer.from('x') } }),
    ],
    [
      'a batch with a body of one byte, bound to it',
      (id) => ({
        kind: 'batch',
        batch: {
          id: idOfBody({ process: id, incarnation: 1, since: 0 as Instance }, 0, Buffer.from('x')),
          body: Buffer.from('x'),
        },
      }),
    ],
    [
      'a batch without a body',
      (id) => ({ kind: 'batch', batch: { id: boundTo(batchId(id, 1, 0), 0), body: Buffer.alloc(0) } }),
    ],
    [
      'decisions that nobody has asked for',
      (id) =>
        somePlaces.map((from) => ({
          kind: 'decided',
          from,
          batches: [forged(id, SOME_START, 0)],
          watermark: after(from),
        })),
    ],
    [
      'an offer that nobody has asked for',
      () => ({
        kind: 'offer',
        beyond: 0 as Instance,
        checkpoint: { next: 1_000 as Instance, position: 9 as never, chunks: 1, bytes: 9, digest: 'a'.repeat(32) },
      }),
    ],
    ['a watermark far ahead', (id) => ({ kind: 'heard', ballot: { reign: 1, coordinator: id, step: 1 }, watermark: COUNTER_MAX as Instance, durable: 0 as Instance, clockMs: null })], // prettier-ignore
    ['a wish to have everything filled', () => ({ kind: 'fill', until: COUNTER_MAX as Instance })],
  ])('with %s stop nobody', async (_what, messageOf) => {
    await expectToWork();
    const id = 'f'.repeat(16) as ProcessId;
    await send(id, ...[messageOf(id)].flat());
    await expectToWorkForGood();
  });

  it('with a batch under the id that a process uses next are nobody’s word', async () => {
    await expectToWork();
    const { processId } = group.queue(0);
    // It has put one message, in one batch.
    const batch = forged(processId, await listener.startOf(processId), 1);
    const proposals = group.queues.flatMap(({ processId: coordinator }) =>
      somePlaces.map((instance): WireMessage => {
        const ballot = { reign: 1, coordinator, step: mode === 'fast' ? 0 : 1 } as const;
        return { kind: 'propose', ballot, instance, batch };
      }),
    );
    await send(newProcessId(), { kind: 'batch', batch }, ...proposals);
    await expectToWorkForGood();
  });

  it('of any kind and with any numbers stop nobody and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(messages, { minLength: 10, maxLength: 60 }), async (sent) => {
        const id = newProcessId();
        for (const message of sent) await send(id, message);
        await expectToWork();
      }),
      { numRuns: repetitions(6, 60), endOnFailure: true },
    );
    await expectToWorkForGood();
  });
});

/** What nobody has put, in the series that `start` begins with where it is the first of the group. */
function forged(process: ProcessId, start: Start, sequence: number): Batch {
  const body = packBody([Buffer.from('forged')], 6, 0);
  return { id: idOfBody({ process, incarnation: startNumber(start), since: 0 as Instance }, sequence, body), body };
}
