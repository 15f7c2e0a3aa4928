import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { NO_GROUP } from '../../lib/model/ids.js';
import { headerBytesUnder, NO_KEY } from '../../lib/transport/frame/frame.js';
import { EVERYONE, TOP_BYTE_MAX } from '../../lib/transport/transport.js';
import {
  acquaint,
  goSilent,
  GROUP_A,
  GROUP_B,
  newProcessId,
  openAcquainted,
  Station,
  type Testbed,
} from '../support/station.js';
import { describeDatagrams } from './compliance-datagrams.js';
import { describeStrangers } from './compliance-strangers.js';

/** Any bytes that a layer above may send: the first is not one of those that are the transport's own. */
function randomMessage(bytes: number): Buffer {
  const message = randomBytes(bytes);
  if (bytes > 0) message[0] = message[0]! % (TOP_BYTE_MAX + 1);
  return message;
}

const MiB = 1024 * 1024;

interface Compliant {
  readonly largestBytes: number;
  readonly keyId?: number;
  /** Whether its bulk lane is one of connections under a key. */
  readonly hasConnections?: boolean;
}

/**
 * What every transport must do. An implementation inherits all of it by handing over where its transports meet; `keyId` is that of
 * the key under which they do.
 */
export function describeTransport(
  name: string,
  createTestbed: () => Promise<Testbed>,
  { largestBytes, keyId = NO_KEY, hasConnections = false }: Compliant,
): void {
  describe(`${name} as a transport`, () => {
    let testbed: Testbed;

    beforeEach(async () => {
      testbed = await createTestbed();
    });

    afterEach(() => testbed.close());

    describe('addressing', () => {
      it('a message to everyone reaches all others and not its sender', async () => {
        const stations = await openAcquainted(testbed, 3);
        const [a, b, c] = stations as [Station, Station, Station];
        a.send(EVERYONE, 'x');
        await goSilent(testbed, stations);
        expect([a.texts, b.texts, c.texts]).toEqual([[], ['x'], ['x']]);
        expect(b.heard[0]!.from).toBe(a.id);
      });

      it('a message to one process reaches it alone', async () => {
        const stations = await openAcquainted(testbed, 3);
        const [a, b, c] = stations as [Station, Station, Station];
        a.send(b.id, 'x');
        await goSilent(testbed, stations);
        expect([a.texts, b.texts, c.texts]).toEqual([[], ['x'], []]);
        expect(b.heard[0]!.from).toBe(a.id);
      });

      it('a message to a process that was never heard of is lost without an error', async () => {
        const [a, b] = await openAcquainted(testbed, 2);
        a!.send(newProcessId(), 'x', Buffer.alloc(100_000));
        a!.send(b!.id, 'y');
        await testbed.until(() => b!.has('y'));
        expect(a!.transport.statistics.unsent).toBe(2);
        expect(b!.texts).toEqual(['y']);
      });

      it('the address of a process is known once it has been heard', async () => {
        const [a, b] = await openAcquainted(testbed, 2);
        expect(a!.transport.addressOf(b!.id)).toMatch(/^.+:[0-9]+$/);
        expect(a!.transport.addressOf(newProcessId())).toBeNull();
      });

      it('a message can be answered from within its receiver', async () => {
        const a = await Station.open(testbed);
        const b = await Station.open(testbed);
        b.reaction = ({ from }) => b.send(from, 'answer');
        a.send(EVERYONE, 'question');
        await testbed.until(() => a.has('answer'));
      });

      it('two queues do not hear each other', async () => {
        const a = await Station.open(testbed);
        const b = await Station.open(testbed);
        const others = await Promise.all([0, 1].map(() => Station.open(testbed, { queueId: testbed.queueIds[1] })));
        await acquaint(testbed, [a, b]);
        await acquaint(testbed, others);
        a.send(EVERYONE, 'x', randomMessage(100_000));
        others[0]!.send(EVERYONE, 'y', randomMessage(100_000));
        await testbed.until(() => b.heard.length === 2 && others[1]!.heard.length === 2);
        await goSilent(testbed, [a, b]);
        await goSilent(testbed, others);
        expect([a, b, ...others].map(({ heard }) => heard.length)).toEqual([0, 2, 0, 2]);
        expect(b.has('x') && others[1]!.has('y')).toBe(true);
      });
    });

    describe('groups', () => {
      it('frames carry the group that their sender has joined', async () => {
        const [a, b, c] = await openAcquainted(testbed, 3);
        a!.send(EVERYONE, 'before');
        a!.transport.send(EVERYONE, Buffer.from('handed over before'));
        a!.transport.join(GROUP_A);
        a!.send(EVERYONE, 'in a');
        c!.transport.join(GROUP_B);
        c!.send(b!.id, 'in b');
        await testbed.until(() => b!.heard.length === 4);
        const groups = new Map(b!.heard.map(({ group, message }) => [message.toString(), group]));
        expect(Object.fromEntries(groups)).toEqual({
          before: NO_GROUP,
          'handed over before': NO_GROUP,
          'in a': GROUP_A,
          'in b': GROUP_B,
        });
      });

      it('a large message to everyone goes to the processes of the same group', async () => {
        const stations = await openAcquainted(testbed, 4);
        const [a, b, c, d] = stations as [Station, Station, Station, Station];
        for (const station of [a, b, c]) station.transport.join(GROUP_A);
        d.transport.join(GROUP_B);
        await acquaint(testbed, stations);
        a.send(EVERYONE, randomMessage(100_000));
        await testbed.until(() => b.heard.length === 1 && c.heard.length === 1);
        expect(b.heard[0]!.group).toBe(GROUP_A);
        a.send(d.id, randomMessage(90_000));
        await testbed.until(() => d.heard.length > 0);
        expect(d.heard.map(({ message }) => message.length)).toEqual([90_000]);
      });
    });

    describe('sizes', () => {
      it('small messages to the same receivers share datagrams and arrive whole and in order', async () => {
        const [a, b, c] = await openAcquainted(testbed, 3);
        const before = a!.transport.statistics.datagramsSent;
        const texts = Array.from({ length: 500 }, (_, i) => `${i}:${'x'.repeat(i % 50)}`);
        for (const text of texts) {
          a!.transport.send(EVERYONE, Buffer.from(text));
          a!.transport.send(b!.id, Buffer.from(text));
        }
        a!.transport.flush();
        await testbed.until(() => b!.heard.length === 1000 && c!.heard.length === 500);
        expect(c!.texts).toEqual(texts);
        expect([...b!.texts].sort()).toEqual([...texts, ...texts].sort());
        expect(a!.transport.statistics.datagramsSent - before).toBe(2);
      });

      it('small messages that overflow a datagram take another', async () => {
        const [a, b] = await openAcquainted(testbed, 2, {
          maxDatagramBytes: headerBytesUnder(keyId) + 3 * 315,
        });
        const before = a!.transport.statistics.datagramsSent;
        const messages = Array.from({ length: 30 }, () => randomMessage(311)); // three fill a datagram to the byte
        a!.send(EVERYONE, ...messages);
        await testbed.until(() => b!.heard.length === 30);
        expect(b!.heard.map(({ message }) => message.toString('hex'))).toEqual(
          messages.map((message) => message.toString('hex')),
        );
        expect(a!.transport.statistics.datagramsSent - before).toBe(10);
      });

      it('the largest message that fits a datagram takes one, the next larger one the bulk lane', async () => {
        const [a, b] = await openAcquainted(testbed, 2, { maxDatagramBytes: 1000 });
        const fitting = a!.transport.maxMessageBytes;
        expect(fitting).toBe(1000 - headerBytesUnder(keyId) - 4);
        a!.send(b!.id, randomMessage(fitting));
        await testbed.until(() => b!.heard.length === 1);
        expect(b!.transport.statistics.bulkMessagesReceived).toBe(0);
        a!.send(b!.id, randomMessage(fitting + 1));
        await testbed.until(() => b!.heard.length === 2);
        // Under a key a connection begins with a frame of its own.
        expect(b!.transport.statistics.bulkMessagesReceived).toBe(hasConnections ? 2 : 1);
        expect(b!.heard.map(({ message }) => message.length)).toEqual([fitting, fitting + 1]);
      });

      it('an empty message arrives', async () => {
        const [a, b] = await openAcquainted(testbed, 2);
        a!.send(EVERYONE, '', 'x', '');
        await testbed.until(() => b!.heard.length === 3);
        expect(b!.texts).toEqual(['', 'x', '']);
      });

      it.each([100_000, 8 * MiB, largestBytes])(
        'a message of %i bytes arrives whole, at one or at everyone',
        async (bytes) => {
          const [a, b, c] = await openAcquainted(testbed, 3);
          const message = randomMessage(bytes);
          a!.send(EVERYONE, message);
          await testbed.until(() => b!.heard.length === 1 && c!.heard.length === 1);
          a!.send(b!.id, message);
          await testbed.until(() => b!.heard.length === 2);
          for (const { message: arrived, from } of [...b!.heard, ...c!.heard]) {
            expect(arrived.equals(message)).toBe(true);
            expect(from).toBe(a!.id);
          }
          expect(a!.transport.statistics).toMatchObject({ bulkMessagesSent: 3, unsent: 0 });
        },
      );

      it('a message that arrives may be kept', async () => {
        const [a, b] = await openAcquainted(testbed, 2, { maxDatagramBytes: 8000 });
        const messages = Array.from({ length: 300 }, (_, i) => randomMessage(1 + ((i * 61) % 9000)));
        for (const [i, message] of messages.entries()) {
          a!.send(b!.id, message);
          if (i % 10 === 9) await testbed.until(() => b!.heard.length === i + 1);
        }
        const sorted = (all: readonly Buffer[]): string[] => all.map((one) => one.toString('hex')).sort();
        expect(sorted(b!.heard.map(({ message }) => message))).toEqual(sorted(messages));
      });
    });

    if (keyId === NO_KEY) {
      describeDatagrams(() => testbed);
      describeStrangers(() => testbed);
    }

    describe('closing', () => {
      it('a message that arrives after the close is not handed over, and one that is sent after it does not leave', async () => {
        const [a, b, c] = await openAcquainted(testbed, 3);
        const closing = b!.transport.close();
        a!.send(EVERYONE, 'x', randomMessage(100_000));
        b!.send(EVERYONE, 'y', randomMessage(100_000));
        await closing;
        await testbed.until(() => c!.heard.length === 2);
        await goSilent(testbed, [a!, c!]);
        expect(b!.heard).toEqual([]);
        expect(c!.has('y')).toBe(false);
      });

      it('a receiver may close: the rest of the datagram is not handed over', async () => {
        const [a, b] = await openAcquainted(testbed, 2);
        let closing = Promise.resolve();
        b!.reaction = () => void (closing = b!.transport.close());
        a!.send(EVERYONE, 'x', 'y', 'z');
        await testbed.until(() => b!.heard.length > 0);
        await closing;
        expect(b!.texts).toEqual(['x']);
      });

      it('closing twice is closing once', async () => {
        const { transport } = await Station.open(testbed);
        await Promise.all([transport.close(), transport.close()]);
        await transport.close();
      });

      it('a process that comes back is reached again, at its new address', async () => {
        const [a, b] = await openAcquainted(testbed, 2);
        await b!.transport.close();
        const again = await Station.open(testbed, { self: b!.id });
        again.send(EVERYONE, 'back');
        await testbed.until(() => a!.has('back'));
        a!.send(again.id, 'welcome', randomMessage(100_000));
        await testbed.until(() => again.heard.length === 2);
        expect(b!.heard).toEqual([]);
      });
    });
  });
}
