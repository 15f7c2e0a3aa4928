import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';

import {
  AsynchronousPersistentQueue,
  type ErrorCode,
  type QueueEvent,
  type QueueListener,
  type QueueOptions,
  TreplicaError,
} from '../../lib/index.js';
import { rejection, silent } from '../support/queue-group.js';
import { ReplicaProcess } from '../support/replica-process.js';
import { boundSocket, closeSocket, newPlaces, newQueueId, until } from '../support/udp-testbed.js';

let root: string;
let directory: string;
let queueId: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'treplica-bad-input-'));
  directory = join(root, 'ledger');
  queueId = await newQueueId();
});

afterEach(() => rm(root, { recursive: true, force: true }));

function create(options: Partial<Record<keyof QueueOptions, unknown>> = {}, id = queueId) {
  return AsynchronousPersistentQueue.create(id, { directory, replicas: 1, log: silent, ...options } as QueueOptions);
}

/** Expects a refusal that names all of these, and that the same directory serves well afterwards. */
async function refused(
  creating: Promise<AsynchronousPersistentQueue>,
  code: ErrorCode,
  names: readonly string[],
  mend: () => unknown = () => undefined,
): Promise<void> {
  const error = await rejection(creating);
  expect(error).toBeInstanceOf(TreplicaError);
  expect(error).toMatchObject({ code });
  for (const name of names) expect(error.message).toContain(name);
  await mend();
  await serves();
}

/** A listener, and what resolves once a queue that is given it has bound its sockets and waits for the others. */
function waitingListener(): { readonly listener: QueueListener; readonly waits: () => Promise<void> } {
  let isOpened = false;
  const listener = ({ kind }: QueueEvent): void => {
    if (kind === 'opened') isOpened = true;
  };
  return { listener, waits: () => until(() => isOpened) };
}

/** A group of one founds itself in the directory, or goes on there. Resolves with its id. */
async function serves(options: Partial<QueueOptions> = {}): Promise<string> {
  const queue = await create(options);
  await queue.put(Buffer.from('served'));
  expect(String((await queue.get()).message)).toBe('served');
  await queue.close();
  return queue.processId;
}

describe('a directory', () => {
  it('below a regular file is refused as not writable', async () => {
    await writeFile(directory, 'a file');
    const below = join(directory, 'ledger');
    const mend = () => rm(directory);
    await refused(create({ directory: below }), 'DIRECTORY_NOT_WRITABLE', [below, 'read and write'], mend);
  });

  it('in use by another process is refused until that process is gone, kill -9 included', async () => {
    const owner = new ReplicaProcess({ queueId, name: 'owner', options: { directory, replicas: 1 } });
    await owner.start();
    const elsewhere = await newQueueId();
    await refused(create({}, elsewhere), 'DIRECTORY_IN_USE', [directory, 'Stop that process'], () => owner.kill());
  });

  it('in which this process has opened the queue already is refused, and the queue goes on', async () => {
    const queue = await create();
    const mend = async () => {
      expect(await queue.put(Buffer.from('served'))).toBe(0);
      await queue.close();
    };
    await refused(create(), 'DIRECTORY_IN_USE', [directory, queueId, 'close it first'], mend);
  });

  it.each([[''], [undefined], [7]])('that is %j is refused', async (wrong) => {
    await refused(create({ directory: wrong }), 'INVALID_OPTION', ['directory', 'path of a directory']);
  });
});

describe('a queue id', () => {
  it('with an address that is not multicast is refused', async () => {
    await refused(create({}, '10.0.0.1:7400'), 'NOT_MULTICAST', ["'10.0.0.1:7400'", '224.0.0.0 to 239.255.255.255']);
  });

  it.each([
    ['is empty', ''],
    ['is a name', 'orders'],
    ['has no port', '239.255.0.1'],
    ['has a port that there is not', '239.255.0.1:99999'],
    ['is too long for anything', `${'x'.repeat(5_000)}:7400`],
    ['is no text', '\ud800:7400'],
  ])('that %s is refused as malformed', async (_, wrong) => {
    await refused(create({}, wrong), 'INVALID_OPTION', [`'${wrong}'`, "'239.255.0.1:7400'"]);
  });

  it('that is malformed does no harm to the queue that has the directory already', async () => {
    const queue = await create();
    await rejection(create({}, `${'x'.repeat(5_000)}:7400`));
    await queue.put(Buffer.from('served'));
    await queue.close();
  });

  it('whose port another program has for itself is refused', async () => {
    const [address = '', port = ''] = queueId.split(':');
    const socket = await boundSocket(address, Number(port));
    await refused(create(), 'PORT_IN_USE', [port, 'stop that program'], () => closeSocket(socket));
  });
});

describe('an option', () => {
  it.each<[keyof QueueOptions, unknown, string]>([
    ['replicas', 0, 'from 1 to 31'],
    ['replicas', 32, 'from 1 to 31'],
    ['replicas', 1.5, 'from 1 to 31'],
    ['replicas', NaN, 'from 1 to 31'],
    ['replicas', '3', 'from 1 to 31'],
    ['replicas', 3n, 'from 1 to 31'],
    ['replicas', undefined, 'from 1 to 31'],
    ['mode', 'quick', "'fast', 'classic' or 'adaptive'"],
    ['mode', null, "'fast', 'classic' or 'adaptive'"],
    ['networkInterface', 'no-such-interface', '127.0.0.1'],
    ['networkInterface', '192.0.2.77', '127.0.0.1'],
    ['maxDatagramBytes', 100, 'whole number'],
    ['maxDatagramBytes', 70_000, 'whole number'],
  ])('%s that is %p is refused', async (option, value, remedy) => {
    const thing = option === 'networkInterface' ? 'network interface' : option;
    const shown = typeof value === 'string' ? value : String(value);
    await refused(create({ [option]: value }), 'INVALID_OPTION', [thing, shown, remedy]);
  });
});

describe('peers', () => {
  it('of which none has an address are named, and the wait for them ends with its signal', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const [listen = ''] = await newPlaces(1, '127.0.0.1');
    const peers = ['nobody.invalid:7400', 'no-one.invalid:7400'];
    const controller = new AbortController();
    const waiting = rejection(create({ replicas: 3, listen, peers, log, signal: controller.signal }));
    for (const name of ['nobody.invalid', 'no-one.invalid'])
      await until(() => lines.some((line) => line.includes(`The name ${name} of the option peers has no address`)));
    controller.abort(new Error('enough'));
    expect(await waiting).toBe(controller.signal.reason);
    await serves();
  });
});

describe('a number of replicas', () => {
  it.each([
    ['at the same time', false],
    ['one after the other', true],
  ])('that two processes started %s do not agree on is refused at both, each naming the other', async (_, inTurn) => {
    const directories = [join(root, 'two'), join(root, 'three')] as const;
    const { listener, waits } = waitingListener();
    const two = rejection(create({ directory: directories[0], replicas: 2, listener }));
    if (inTurn) await waits();
    const three = rejection(create({ directory: directories[1], replicas: 3 }));
    const errors = await Promise.all([two, three]);
    const alone = { replicas: 1 };
    const ids = [
      await serves({ ...alone, directory: directories[0] }),
      await serves({ ...alone, directory: directories[1] }),
    ];
    for (const error of errors) expect(error).toMatchObject({ code: 'REPLICAS_MISMATCH' });
    expect(errors[0].message).toMatch(new RegExp(`${ids[1]}.*3 replicas.*same number`));
    expect(errors[1].message).toMatch(new RegExp(`${ids[0]}.*2 replicas.*same number`));
  });

  it("that is not the ledger's is refused at a restart", async () => {
    await serves();
    const queue = create({ replicas: 3 });
    const error = await rejection(queue);
    expect(error).toMatchObject({ code: 'REPLICAS_MISMATCH' });
    for (const name of [queueId, '1 processes', '3 replicas', 'replicas: 1']) expect(error.message).toContain(name);
    const again = await create();
    expect(await again.put(Buffer.from('again'))).toBe(1);
    await again.close();
  });
});

describe('a signal', () => {
  it('aborts the wait for the other founders, with its reason, and the directory is free at once', async () => {
    const controller = new AbortController();
    const { listener, waits } = waitingListener();
    const waiting = rejection(create({ replicas: 3, signal: controller.signal, listener }));
    await waits();
    controller.abort(new Error('enough'));
    expect(await waiting).toBe(controller.signal.reason);
    await serves();
  });

  it.each(['before', 'right after'])('that is aborted %s the call ends it as well', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const waiting = rejection(create({ replicas: 3, signal: controller.signal }));
    controller.abort();
    expect(await waiting).toBe(controller.signal.reason);
    await serves();
  });

  it('that aborts with what is no error rejects with that', async () => {
    const controller = new AbortController();
    const { listener, waits } = waitingListener();
    const waiting = rejection(create({ replicas: 3, signal: controller.signal, listener }));
    await waits();
    controller.abort('enough');
    expect(await waiting).toBe('enough');
    await serves();
  });

  it('says nothing any more once the group is founded', async () => {
    const controller = new AbortController();
    const queue = await create({ signal: controller.signal });
    controller.abort();
    expect(await queue.put(Buffer.from('goes on'))).toBe(0);
    await queue.close();
  });
});
