import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';

import type { Message } from '../../lib/consensus/messages.js';
import { constants } from '../../lib/model/constants.js';
import { type GroupId, NO_GROUP } from '../../lib/model/ids.js';
import type { Founding } from '../../lib/model/records.js';
import { decodeMessage, encodeMessage } from '../../lib/paxos/wire/wire.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { messages } from '../support/arbitraries.js';
import { foundingOf } from '../support/founding-of.js';
import { QueueGroup, takeTexts } from '../support/queue-group.js';
import { repetitions } from '../support/repetitions.js';
import { GROUP_B, newProcessId, SOME_START } from '../support/station.js';
import { type Stranger, strangerOn } from '../support/udp-testbed.js';

/** What a stranger may put on the address of a queue. */
class Junk {
  readonly #encoder: FrameEncoder;
  readonly #founding: Founding;

  constructor({ queueId, queues }: QueueGroup) {
    this.#encoder = new FrameEncoder(queueId, newProcessId(), SOME_START);
    this.#founding = foundingOf(queues.map(({ processId }) => processId).sort());
  }

  get anything(): Arbitrary<Buffer> {
    const { group } = this.#founding;
    const malformed = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)).filter((bytes) => decodeMessage(bytes) === null); // prettier-ignore
    const frames = messages.map((message) => this.#frame(GROUP_B, encodeMessage(message)));
    return fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(frames, fc.double({ min: 0, max: 1 })).map(([frame, share]) => frame.subarray(0, frame.length * share)),
      fc.tuple(frames, fc.integer({ min: 2, max: 255 })).map(([frame, version]) => ofVersion(frame, version)),
      malformed.map((message) => this.#frame(group, message)),
      frames,
      messages.map((message) => this.#frame(NO_GROUP, encodeMessage(message))),
      fc.constantFrom(...this.#aboutTheFounding()).map((message) => this.#frame(NO_GROUP, encodeMessage(message))),
    );
  }

  /** What somebody who was not there has to say about how the group was founded. */
  #aboutTheFounding(): Message[] {
    const founding = this.#founding;
    const another = foundingOf(founding.members, 7);
    return [
      { kind: 'hello', replicas: 3, intent: 'found', base: '', borderInstances: constants.borderInstances },
      { kind: 'hello', replicas: 7, intent: 'found', base: '', borderInstances: constants.borderInstances },
      { kind: 'hello', replicas: 3, intent: 'found', base: 'b'.repeat(32), borderInstances: constants.borderInstances },
      { kind: 'unwilling', refused: founding.group },
      ...[founding, another].flatMap((founding): Message[] => [
        { kind: 'found', founding },
        { kind: 'signed', founding },
        { kind: 'founded', founding },
      ]),
    ];
  }

  #frame(group: GroupId, message: Uint8Array): Buffer {
    this.#encoder.join(group);
    return Buffer.concat(this.#encoder.encode([message]));
  }
}

function ofVersion(frame: Buffer, version: number): Buffer {
  const other = Buffer.from(frame);
  other.writeUInt8(version, 3);
  return other;
}

describe.each(['classic', 'fast'] as const)('datagrams of strangers, in %s mode', (mode) => {
  let group: QueueGroup;
  let stranger: Stranger;

  beforeEach(async () => {
    group = await QueueGroup.open(3, { mode });
    stranger = await strangerOn(group.queueId);
  });

  afterEach(async () => {
    await stranger.close();
    await group.remove();
  });

  it('stop nothing and leave nothing behind, whatever is in them', async () => {
    const texts: string[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(new Junk(group).anything, { minLength: 1, maxLength: 20 }), async (datagrams) => {
        for (const datagram of datagrams) await stranger.send(datagram);
        const text = String(texts.length);
        expect(await group.put(texts.length % 3, text)).toMatchObject({ position: texts.length });
        texts.push(text);
        for (const queue of group.queues) expect(await takeTexts(queue, 1)).toEqual([text]);
      }),
      { numRuns: repetitions(25, 300), endOnFailure: true },
    );
    await group.closeAll();
    await group.reopen();
    for (const queue of group.queues) expect(await takeTexts(queue, texts.length)).toEqual(texts);
  });
});
