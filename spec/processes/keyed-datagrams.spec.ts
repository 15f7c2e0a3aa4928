import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type BatchId, batchId } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { groupIdOf } from '../../lib/model/view.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import { encodeMessage } from '../../lib/paxos/wire/wire.js';
import { packBody } from '../../lib/sequence/batch-body.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { KeyRing } from '../../lib/transport/frame/key-ring.js';
import { QueueGroup, takeTexts } from '../support/queue-group.js';
import { KEY_1, KEY_2, newProcessId, newStart } from '../support/station.js';
import { closeSocket, type Stranger, strangerOn, until } from '../support/udp-testbed.js';

let group: QueueGroup;
let stranger: Stranger;
let listener: Socket;
let recorded: Buffer[];
let texts: string[];
let places: string[];

beforeEach(async () => {
  places = [];
  group = await QueueGroup.open(3, { keys: [{ id: KEY_1.id, key: KEY_1.bytes }] }, undefined, (i) => ({
    listener: (event) => {
      if (event.kind === 'opened') places[i] = event.place;
    },
  }));
  stranger = await strangerOn(group.queueId);
  recorded = [];
  texts = [];
  const [address = '', port = ''] = group.queueId.split(':');
  listener = createSocket({ type: 'udp4', reuseAddr: true });
  listener.on('message', (bytes) => void recorded.push(bytes));
  listener.bind({ address, port: Number(port) });
  await once(listener, 'listening');
  listener.addMembership(address, '127.0.0.1');
});

afterEach(async () => {
  await stranger.close();
  await closeSocket(listener);
  await group.remove();
});

const groupId = (): ReturnType<typeof groupIdOf> => groupIdOf(group.queues.map(({ processId }) => processId).sort(), 0);

/** Says so under each seal that somebody without the key may have, by the start that is named and by others. */
async function say(message: WireMessage, from: ProcessId): Promise<void> {
  for (const keys of [null, new KeyRing([KEY_2]), new KeyRing([{ id: KEY_1.id, bytes: KEY_2.bytes }])]) {
    const encoder = new FrameEncoder(group.queueId, from, newStart(), keys);
    encoder.join(groupId());
    await stranger.send(Buffer.concat(encoder.encode([encodeMessage(message)])));
  }
}

async function expectToWork(): Promise<void> {
  const puts = await Promise.all([0, 1, 2].map((index) => group.put(index, `${texts.length + index}`)));
  const added = puts.sort((a, b) => a.position - b.position).map(({ text }) => text);
  texts.push(...added);
  for (const queue of group.queues) expect(await takeTexts(queue, 3)).toEqual(added);
}

async function expectToWorkForGood(): Promise<void> {
  await expectToWork();
  await group.closeAll();
  await group.reopen();
  for (const queue of group.queues) expect(await takeTexts(queue, texts.length)).toEqual(texts);
  await expectToWork();
}

describe('a group under a key', () => {
  it('is not harmed by one datagram of somebody who knows its id, whatever it says', async () => {
    await expectToWork();
    const highest = 'f'.repeat(16) as ProcessId;
    await say(
      {
        kind: 'prepare',
        ballot: { reign: Number.MAX_SAFE_INTEGER, coordinator: highest, step: 1 },
        from: 0 as Instance,
      },
      highest,
    );
    const other = newProcessId();
    await say({ kind: 'batch', batch: { id: batchId(other, 1, 0), body: Buffer.from('x') } }, other);
    const next: BatchId = batchId(group.queue(0).processId, 1, 1);
    await say({ kind: 'batch', batch: { id: next, body: packBody([Buffer.from('forged')], 6, Date.now()) } }, other);
    await expectToWorkForGood();
  });

  it('is not harmed by its own frames, sent again in this life and in the next', async () => {
    for (let i = 0; i < 5; i += 1) await expectToWork();
    const sendAgain = async (): Promise<void> => {
      for (const bytes of recorded.slice(0, 500)) await stranger.send(bytes);
    };
    await sendAgain();
    await expectToWork();
    await group.close(2);
    await sendAgain();
    await group.reopen([2]);
    expect(await takeTexts(group.queue(2), texts.length)).toEqual(texts);
    await sendAgain();
    await expectToWorkForGood();
    await sendAgain();
    await expectToWork();
  });

  it('says nothing that others can read', async () => {
    await group.put(0, 'the secret of the group');
    await until(() => recorded.length > 5);
    expect(Buffer.concat(recorded).includes('the secret of the group')).toBe(false);
  });

  it('closes connections of those that it does not know', async () => {
    const port = Number(/port (\d+)/.exec(places[0]!)?.[1]);
    const ends = Array.from({ length: 40 }, async (_, i) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      if (i % 2 === 0) socket.write(randomBytes(10));
      await once(socket.resume(), 'close');
    });
    await expectToWork();
    await Promise.all(ends);
    await expectToWork();
  });
});

describe('a process with another key', () => {
  it('finds nobody, and does not hold up those that have the same', async () => {
    const controller = new AbortController();
    const keys = [{ id: KEY_1.id, key: KEY_2.bytes }];
    const opening = group.reopen([3], { keys, signal: controller.signal, recover: true });
    for (let i = 0; i < 5; i += 1) await expectToWork();
    controller.abort(new Error('waited for long enough'));
    await expect(opening).rejects.toThrow('waited for long enough');
  });
});
