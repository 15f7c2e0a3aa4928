import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AsynchronousPersistentQueue, type QueueEvent, type QueueOptions } from '../../lib/index.js';
import { readHeader } from '../../lib/ledger/journal/header.js';
import { journalFile } from '../../lib/ledger/journal/journal-file.js';
import { writeSectors } from '../../lib/ledger/journal/sector.js';
import { QueueGroup, rejection, silent } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { boundSocket, closeSocket, freePort, newQueueId } from '../support/udp-testbed.js';

let directory: string;
let open: AsynchronousPersistentQueue[];
let told: QueueEvent[];

const listener = (event: QueueEvent): void => void told.push(event);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-opening-'));
  open = [];
  told = [];
});

afterEach(async () => {
  await Promise.all(open.map((queue) => queue.close()));
  await rm(directory, { recursive: true, force: true });
});

async function create(queueId: string, options: Partial<QueueOptions> = {}): Promise<AsynchronousPersistentQueue> {
  const all = { directory: join(directory, '1'), replicas: 1, log: silent, ...options };
  const queue = await AsynchronousPersistentQueue.create(queueId, all);
  open.push(queue);
  return queue;
}

describe('a queue that is unknown in a directory', () => {
  it('does not begin beside a group to which the directory belongs, and both ids are named', async () => {
    const [known, mistaken] = [await newQueueId(), await newQueueId()];
    await (await create(known)).close();
    expect(await rejection(create(mistaken))).toMatchObject({
      code: 'QUEUE_MISMATCH',
      message: expect.stringMatching(new RegExp(`${known}.*${mistaken}`)),
    });
    // Nothing has begun by the attempt.
    expect(await rejection(create(mistaken))).toMatchObject({ code: 'QUEUE_MISMATCH' });
    await (await create(known)).close();
  });

  it('begins where that is said, and is known from then on', async () => {
    const [known, added] = [await newQueueId(), await newQueueId()];
    await (await create(known)).close();
    await (await create(added, { newQueue: true })).close();
    await (await create(added)).close();
    await (await create(known)).close();
  });

  it('begins beside one that is open in this process', async () => {
    await create(await newQueueId());
    await create(await newQueueId());
  });

  it('begins where the other one never came to belong to a group', async () => {
    const signal = AbortSignal.timeout(300);
    expect(await rejection(create(await newQueueId(), { replicas: 3, signal }))).toMatchObject({
      name: 'TimeoutError',
    });
    await create(await newQueueId());
  });
});

describe('a process whose ledger was set aside', () => {
  it('is nobody without recover: true, also where nothing is damaged any more', async () => {
    await mkdir(join(directory, '1', 'damaged-2026-01-01'), { recursive: true });
    const queueId = await newQueueId();
    const refusal = { code: 'LEDGER_DAMAGED', message: expect.stringContaining('recover: true') };
    expect(await rejection(create(queueId))).toMatchObject(refusal);
    expect(await rejection(create(queueId, { recover: false }))).toMatchObject(refusal);
  });
});

describe('a ledger that another release has written', () => {
  it.each([false, true])('is refused and stays as it is, with recover: %s', async (recover) => {
    const queueId = await newQueueId();
    const queue = await create(queueId);
    await queue.put('kept');
    await queue.close();
    const ledger = join(directory, '1');
    const names = await readdir(ledger);
    const journal = await readFile(journalFile(ledger));
    const foreign = Buffer.from(journal);
    writeSectors(foreign, Buffer.from([200]), readHeader(journal, 'journal').confirmed);
    await writeFile(journalFile(ledger), foreign);
    expect(await rejection(create(queueId, { recover }))).toMatchObject({
      code: 'LEDGER_VERSION',
      message: expect.stringMatching(
        /journal format 200.*Run the Treplica that wrote it.*recover: true does not set it aside/,
      ),
    });
    expect(await readdir(ledger)).toEqual(names);
    expect((await readFile(journalFile(ledger))).equals(foreign)).toBe(true);
    await writeFile(journalFile(ledger), journal);
    expect(await (await create(queueId, { recover })).get()).toMatchObject({ position: 0, message: 'kept' });
  });
});

describe('a process that waits', () => {
  it('for founders tells how many there are, and where it waits', async () => {
    const queueId = await newQueueId();
    const controller = new AbortController();
    const waiting = [1, 2].map((i) =>
      rejection(
        create(queueId, { directory: join(directory, `${i}`), replicas: 3, listener, signal: controller.signal }),
      ),
    );
    await soon(() => {
      expect(told).toContainEqual({ kind: 'awaiting-founders', found: 2, replicas: 3 });
    });
    const opened = expect.objectContaining({ kind: 'opened', place: expect.stringMatching(/^lo \(127\.0\.0\.1, /) });
    expect(told).toContainEqual(opened);
    controller.abort();
    await Promise.all(waiting);
  });

  it('beside a complete group tells that it has no place', async () => {
    const queueId = await newQueueId();
    const options = (name: string) => ({ directory: join(directory, name), replicas: 2 });
    await Promise.all([create(queueId, options('1')), create(queueId, options('2'))]);
    const controller = new AbortController();
    const waiting = rejection(create(queueId, { ...options('3'), listener, signal: controller.signal }));
    await soon(() => expect(told).toContainEqual({ kind: 'awaiting-place' }));
    controller.abort();
    await waiting;
  });

  it('for a group of another size is an observer of it if it recovers', async () => {
    const queueId = await newQueueId();
    await create(queueId);
    const queue = await create(queueId, { directory: join(directory, '2'), replicas: 3, recover: true });
    expect(queue.status().role).toBe('observer');
  });

  it('for a group of another size is refused otherwise', async () => {
    const queueId = await newQueueId();
    await create(queueId);
    expect(await rejection(create(queueId, { directory: join(directory, '2'), replicas: 3 }))).toMatchObject({
      code: 'REPLICAS_MISMATCH',
      message: expect.stringMatching(new RegExp(`on ${queueId} is a group of 1.* 3 replicas`)),
    });
  });
});

describe('a group', () => {
  it('that has lost its majority tells so at those who are left, and what is missing', async () => {
    const group = await QueueGroup.open(3, { listener });
    try {
      const [first, second, third] = group.queues as [AsynchronousPersistentQueue, ...AsynchronousPersistentQueue[]];
      expect(first.status()).toMatchObject({ role: 'member', hasQuorum: true });
      await group.close(1, 2);
      await soon(() =>
        expect(told).toContainEqual(expect.objectContaining({ kind: 'no-quorum', members: 3, heard: 1 })),
      );
      const { hasQuorum, reign, view } = first.status();
      expect([hasQuorum, reign]).toEqual([false, null]);
      const heard = new Map(view.members.map(({ process, heardMsAgo }) => [process, heardMsAgo]));
      expect(heard.get(first.processId)).toBe(0);
      for (const { processId } of [second!, third!]) expect(heard.get(processId)).toBeGreaterThan(1000);
      await group.reopen([1]);
      await soon(() => expect(first.status()).toMatchObject({ hasQuorum: true }));
    } finally {
      await group.remove();
    }
  });
});

describe('the option port', () => {
  it('is where a process is reached, by UDP and TCP, also after another start', async () => {
    const port = await freePort();
    const queueId = await newQueueId();
    for (let start = 0; start < 2; start += 1) {
      const queue = await create(queueId, { port });
      await expect(boundSocket('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
      const server = createServer().listen(port, '127.0.0.1');
      expect((await once(server, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
      await queue.close();
    }
  });

  it('may be that of several queues of one process', async () => {
    const port = await freePort();
    await create(await newQueueId(), { port });
    await create(await newQueueId(), { port });
  });

  it.each(['udp', 'tcp'])('that is taken for %s is refused, and named', async (lane) => {
    const port = await freePort();
    const socket = lane === 'udp' ? await boundSocket('127.0.0.1', port) : null;
    const server = lane === 'tcp' ? createServer().listen(port, '127.0.0.1') : null;
    if (server !== null) await once(server, 'listening');
    try {
      expect(await rejection(create(await newQueueId(), { port }))).toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringContaining(String(port)),
      });
    } finally {
      if (socket !== null) await closeSocket(socket);
      server?.close();
    }
  });

  it.each([0, 65_536, 1.5, '7400' as never])('is refused where it is %p', async (port) => {
    expect(await rejection(create(await newQueueId(), { port }))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('port'),
    });
  });
});
