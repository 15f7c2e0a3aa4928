import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';

import { AsynchronousPersistentQueue } from '../../lib/asynchronous-persistent-queue.js';
import { type KeysOption, readKeyFile, readKeys } from '../../lib/paxos/keys.js';
import type { QueueEvent } from '../../lib/queue/events.js';
import { rejection } from '../support/queue-group.js';
import { newQueueId } from '../support/udp-testbed.js';

const BYTES = randomBytes(32);
const BASE64 = BYTES.toString('base64');
const OTHER_BYTES = Array.from({ length: 3 }, () => randomBytes(32));

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-keys-'));
  path = join(directory, 'keys');
});
afterEach(() => rm(directory, { recursive: true }));

async function refusal(option: unknown): Promise<string> {
  const error = await rejection(readKeys(option as KeysOption));
  expect(error).toMatchObject({ name: 'TreplicaError', code: 'INVALID_OPTION' });
  return error.message;
}

describe('the option keys', () => {
  it('is a list of ids and bytes, or their text; the first key seals', async () => {
    const [one, two, three] = OTHER_BYTES as [Buffer, Buffer, Buffer];
    const list = [
      { id: 7, key: BYTES },
      { id: 1, key: one.toString('base64') },
      { id: 2, key: two.toString('hex') },
      { id: 3, key: three.toString('base64url') },
    ];
    const { ring, file } = await readKeys(list);
    expect([ring.sendingId, ring.ids, file]).toEqual([7, [1, 2, 3, 7], null]);
    expect(ring.ids.map((id) => ring.keyOf(id)!.export())).toEqual([one, two, three, BYTES]);
  });

  it('is a file with a key on each line, and comments', async () => {
    const [other] = OTHER_BYTES as [Buffer];
    await writeFile(path, `# of the group\n\n 4 ${BASE64} # since Monday\r\n5\t${other.toString('hex')}\n`, {
      mode: 0o600,
    });
    const { ring, file } = await readKeys(path);
    expect([ring.sendingId, ring.ids, file?.exposedMode]).toEqual([4, [4, 5], null]);
    expect(ring.ids.map((id) => ring.keyOf(id)!.export())).toEqual([BYTES, other]);
  });

  it('that is no good is refused, with the place and without any byte of a key', async () => {
    const short = randomBytes(31).toString('base64');
    const long = randomBytes(33).toString('hex');
    const refused: readonly [unknown, RegExp][] = [
      [[], /option keys has no key/],
      [[{ id: 1, key: short }], /keys\[0\], the key 1, has 31 bytes: use 32/],
      [
        [
          { id: 1, key: BYTES },
          { id: 2, key: long },
        ],
        /keys\[1\], the key 2, has .*: use 32/,
      ],
      [[{ id: 1, key: 'p4ssw0rd!' }], /has no bytes that can be read/],
      [[{ id: 1 }], /has no bytes that can be read/],
      [[null], /keys\[0\] has no key id/],
      [[{ id: 0, key: BYTES }], /keys\[0\] has no key id: use a whole number from 1 to 4294967295/],
      [[{ id: 2 ** 32, key: BYTES }], /no key id/],
      [[{ id: '1', key: BYTES }], /no key id/],
      [
        [
          { id: 1, key: BYTES },
          { id: 1, key: BYTES },
        ],
        /two keys 1/,
      ],
      [
        [
          { id: 3, key: BYTES },
          { id: 4, key: BASE64 },
        ],
        /the same bytes for the keys 3 and 4/,
      ],
      [BASE64, /neither a list of keys nor the path of a file/],
      [{ id: 1, key: BASE64 }, /neither a list of keys nor the path of a file/],
      ['', /neither/],
      [7, /neither/],
    ];
    for (const [option, expected] of refused) {
      const message = await refusal(option);
      expect(message).toMatch(expected);
      for (const secret of [BASE64, short, long, 'p4ssw0rd']) expect(message).not.toContain(secret);
    }
  });

  it('names a file that is no good by its path and line', async () => {
    expect(await refusal(path)).toMatch(new RegExp(`The file of keys ${path} cannot be read \\(.*ENOENT`));
    for (const [text, expected] of [
      ['# nothing\n', /has no key: add one/],
      [`1 ${BASE64}\n1 ${BASE64}\n`, /has two keys 1/],
      [`\n${BASE64}\n`, /Line 2 of the file of keys .* has no key id/],
      [`1 ${BASE64} 2`, /Line 1 .* more than an id and a key/],
      ['1\n', /Line 1 .* the key 1, has no bytes that can be read/],
      [`one ${BASE64}`, /Line 1 .* no key id/],
    ] as const) {
      await writeFile(path, text);
      const message = await refusal(path);
      expect(message).toMatch(expected);
      expect(message).toContain(path);
      expect(message).not.toContain(BASE64);
    }
  });

  it('says whether others may read the file, or write it', async () => {
    await writeFile(path, `1 ${BASE64}`);
    for (const [mode, exposed] of [
      [0o600, null],
      [0o400, null],
      [0o640, 0o640],
      [0o604, 0o604],
      [0o620, 0o620],
      [0o602, 0o602],
    ] as const) {
      await chmod(path, mode);
      expect((await readKeyFile(path)).exposedMode).toBe(exposed);
    }
  });
});

describe('a queue', () => {
  it('under keys of a file that others may read works, and tells of it', async () => {
    await writeFile(path, `1 ${BASE64}`);
    await chmod(path, 0o644);
    const events: QueueEvent[] = [];
    const queue = await AsynchronousPersistentQueue.create(await newQueueId(), {
      directory,
      replicas: 1,
      keys: path,
      listener: (event) => void events.push(event),
      log: pino({ level: 'silent' }),
    });
    await queue.put('works');
    await queue.close();
    expect(events).toContainEqual({ kind: 'keys-exposed', path, mode: 0o644 });
  });

  it('that others reach needs keys, or to be told that it is insecure', async () => {
    const where = { directory, listen: '0.0.0.0:0', replicas: 1 };
    expect(await rejection(AsynchronousPersistentQueue.create('auctions', where))).toMatchObject({
      code: 'NO_KEY',
      message: expect.stringMatching(/0\.0\.0\.0 without a key.*the option keys.*insecure: true/) as unknown,
    });
    for (const enough of [{ insecure: true }, { keys: [{ id: 1, key: BYTES }] }]) {
      const queue = await AsynchronousPersistentQueue.create('auctions', { ...where, ...enough });
      await queue.put('works');
      await queue.close();
    }
  });

  it('with keys that are no good rejects before anything is opened', async () => {
    const opening = AsynchronousPersistentQueue.create(await newQueueId(), { directory, replicas: 1, keys: path });
    expect(await rejection(opening)).toMatchObject({ code: 'INVALID_OPTION' });
  });
});
