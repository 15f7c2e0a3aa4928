import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';

import { AsynchronousPersistentQueue } from '../../lib/index.js';
import { batchId } from '../../lib/model/batch.js';
import { encodeMessage } from '../../lib/paxos/wire/wire.js';
import { packBody } from '../../lib/sequence/batch-body.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { silent, take } from '../support/queue-group.js';
import { GROUP_B, newProcessId, SOME_START } from '../support/station.js';
import { newQueueId, strangerOn } from '../support/udp-testbed.js';

let directory = '';

afterEach(() => rm(directory, { recursive: true, force: true }));

/** Says batches of group B, as fast as the address takes them, until it is stopped. */
async function busyGroup(queueId: string): Promise<() => Promise<void>> {
  const stranger = await strangerOn(queueId);
  const self = newProcessId();
  const encoder = new FrameEncoder(queueId, self, SOME_START);
  encoder.join(GROUP_B);
  let isStopped = false as boolean;
  const saying = (async () => {
    for (let sequence = 0; !isStopped; sequence += 1) {
      const text = `of group B, number ${sequence}`;
      const batch = { id: batchId(self, 1, sequence), body: packBody([Buffer.from(text)], text.length, 0) };
      await stranger.send(Buffer.concat(encoder.encode([encodeMessage({ kind: 'batch', batch })])));
      if (sequence % 20 === 0) await nextTurn();
    }
  })();
  return async () => {
    isStopped = true;
    await saying;
    await stranger.close();
  };
}

it('a group that is being founded executes nothing of what another group on its address says', async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-foreign-'));
  for (let run = 0; run < 3; run += 1) {
    const queueId = await newQueueId();
    const stop = await busyGroup(queueId);
    const queues = await Promise.all(
      [1, 2, 3].map((i) =>
        AsynchronousPersistentQueue.create(queueId, {
          directory: join(directory, `${run}-${i}`),
          replicas: 3,
          mode: 'classic',
          log: silent,
        }),
      ),
    );
    await stop();
    const [first, second] = queues;
    await first?.put(Buffer.from('ours'));
    const [message] = second === undefined ? [] : await take(second, 1);
    expect(String(message?.message)).toBe('ours');
    await Promise.all(queues.map((queue) => queue.close()));
  }
});
