import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { constants } from '../../../lib/model/constants.js';
import {
  announcedBytes,
  FRAME_BYTES_MAX,
  FRAME_PREFIX_BYTES,
  headerBytesUnder,
  KEY_ID_AT,
  keyIdOf,
  LENGTH_AT,
  NO_KEY,
} from '../../../lib/transport/frame/frame.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { EVERYONE } from '../../../lib/transport/transport.js';
import { BulkReader, type FrameTakers } from '../../../lib/transport/udp/bulk-reader.js';
import { newProcessId, openAcquainted, SOME_START, Station, type Testbed } from '../../support/station.js';
import { asUdp, strangerOn, udpTestbed, until } from '../../support/udp-testbed.js';

const QUEUE = 'a queue';
const HEADER_BYTES = headerBytesUnder(NO_KEY);

/** Reads frames without a key. */
function readerOf(accept: (bytes: Buffer) => boolean, arriving: FrameTakers['arriving'] = () => {}): BulkReader {
  return new BulkReader({
    announcedBytes: (prefix) => (keyIdOf(prefix) === NO_KEY ? announcedBytes(prefix) : null),
    accept,
    arriving,
  });
}

function framesOf(...texts: string[]): Buffer[] {
  const encoder = new FrameEncoder(QUEUE, newProcessId(), SOME_START);
  return texts.map((text) => Buffer.concat(encoder.encode([Buffer.from(text)])));
}

describe('a bulk stream', () => {
  it('is cut into its frames, however it comes in pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 100 })),
        (texts, sizes) => {
          const frames = framesOf(...texts);
          const stream = Buffer.concat(frames);
          const cut: Buffer[] = [];
          const reader = readerOf((frame) => cut.push(frame) > 0);
          for (let at = 0; at < stream.length;) {
            const size = sizes.next().value as number;
            expect(reader.push(stream.subarray(at, at + size))).toBe(true);
            at += size;
          }
          expect(cut).toEqual(frames);
        },
      ),
    );
  });

  it('ends at a header that announces no frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: FRAME_PREFIX_BYTES, maxLength: 2 * FRAME_PREFIX_BYTES }), (garbage) => {
        const refused: Buffer[] = [];
        const reader = readerOf((bytes) => refused.push(bytes) < 0);
        expect(reader.push(Buffer.from(garbage))).toBe(false);
        expect(refused).toEqual([Buffer.from(garbage.subarray(0, FRAME_PREFIX_BYTES))]);
      }),
    );
  });

  it('ends at a length beyond the largest frame', () => {
    const [frame] = framesOf('x');
    const pushed = (length: number): boolean => {
      const header = Buffer.from(frame!.subarray(0, FRAME_PREFIX_BYTES));
      header.writeUInt32BE(length, LENGTH_AT);
      return readerOf(() => false).push(header);
    };
    expect(pushed(FRAME_BYTES_MAX)).toBe(true);
    expect(pushed(FRAME_BYTES_MAX + 1)).toBe(false);
    expect(pushed(HEADER_BYTES + 3)).toBe(false);
  });

  it('ends at a frame under a key that is not here, before room is made for it', () => {
    const [frame] = framesOf('x');
    frame!.writeUInt32BE(7, KEY_ID_AT);
    const refused: Buffer[] = [];
    expect(readerOf((bytes) => refused.push(bytes) < 0).push(frame!)).toBe(false);
    expect(refused).toEqual([frame!.subarray(0, FRAME_PREFIX_BYTES)]);
  });

  it('tells of all that comes of a frame once its header is there, with a header to read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (size) => {
        const [frame] = framesOf('x'.repeat(1_000));
        let told = 0;
        const reader = readerOf(
          () => true,
          (begun, bytes) => {
            expect(begun.subarray(0, HEADER_BYTES)).toEqual(frame!.subarray(0, HEADER_BYTES));
            told += bytes;
          },
        );
        for (let at = 0; at < frame!.length; at += size) reader.push(frame!.subarray(at, at + size));
        expect(told).toBeGreaterThanOrEqual(frame!.length - HEADER_BYTES);
        expect(told).toBeLessThanOrEqual(frame!.length);
      }),
    );
  });
});

describe('the bulk lane', () => {
  let testbed: Testbed;
  let station: Station;

  beforeEach(async () => {
    testbed = await udpTestbed();
    station = await Station.open(testbed);
  });

  afterEach(() => testbed.close());

  const dial = async (): Promise<Socket> => {
    const { address, port } = asUdp(station.transport).address;
    const socket = connect({ host: address, port });
    await once(socket, 'connect');
    return socket;
  };

  it('a stream that carries garbage is closed, and others go on', async () => {
    const socket = await dial();
    socket.write('GET / HTTP/1.1\r\nHost: example.com\r\nAccept: text/html, application/json\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(station.transport.statistics.foreignDropped).toBe(1);
    const [other] = await openAcquainted(testbed, 1);
    station.send(EVERYONE, 'hello');
    await until(() => other!.has('hello'));
    other!.send(station.id, Buffer.alloc(100_000));
    await until(() => station.heard.length === 1);
  });

  it('a damaged frame closes its stream', async () => {
    const frame = Buffer.concat(
      new FrameEncoder(testbed.queueIds[0], newProcessId(), SOME_START).encode([Buffer.alloc(100_000)]),
    );
    frame[50_000]! ^= 1;
    const socket = await dial();
    socket.resume();
    socket.write(frame);
    await once(socket, 'close');
    expect(station.heard).toEqual([]);
    expect(station.transport.statistics.foreignDropped).toBe(1);
  });

  it('many streams that announce the largest frame and send nothing cost no memory', async () => {
    const frame = Buffer.concat(
      new FrameEncoder(testbed.queueIds[0], newProcessId(), SOME_START).encode([Buffer.alloc(10)]),
    );
    frame.writeUInt32BE(FRAME_BYTES_MAX, LENGTH_AT);
    const before = process.memoryUsage.rss();
    const sockets = await Promise.all(Array.from({ length: 20 }, dial));
    for (const socket of sockets) socket.write(frame);
    const real = await dial();
    real.write(
      Buffer.concat(new FrameEncoder(testbed.queueIds[0], newProcessId(), SOME_START).encode([Buffer.from('x')])),
    );
    await until(() => station.has('x'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(10 * FRAME_BYTES_MAX);
    for (const socket of [...sockets, real]) socket.destroy();
  });

  it('a refused connection counts what it was to carry, and the next message opens another', async () => {
    const peer = await strangerOn(testbed.queueIds[0]);
    const peerId = newProcessId();
    await peer.send(
      Buffer.concat(new FrameEncoder(testbed.queueIds[0], peerId, SOME_START).encode([Buffer.from('here I am')])),
    );
    await until(() => station.heard.length === 1);

    station.send(peerId, Buffer.alloc(100_000), Buffer.alloc(100_000));
    await until(() => station.transport.statistics.unsent === 2);

    let received = 0;
    const server = createServer((socket) => socket.on('data', (chunk) => (received += chunk.length)));
    server.listen(peer.port, '127.0.0.1');
    await once(server, 'listening');
    station.send(peerId, Buffer.alloc(100_000));
    await until(() => received === 100_000 + HEADER_BYTES + 4);
    expect(station.transport.statistics).toMatchObject({ bulkMessagesSent: 1, unsent: 2 });
    await station.transport.close();
    server.close();
    await Promise.all([once(server, 'close'), peer.close()]);
  });

  it('the queue of messages for one receiver is bounded, and the rest is dropped and counted', async () => {
    const peer = await strangerOn(testbed.queueIds[0]);
    const peerId = newProcessId();
    const server = createServer({ pauseOnConnect: true }, () => {});
    server.listen(peer.port, '127.0.0.1');
    await once(server, 'listening');
    await peer.send(
      Buffer.concat(new FrameEncoder(testbed.queueIds[0], peerId, SOME_START).encode([Buffer.from('here I am')])),
    );
    await until(() => station.heard.length === 1);

    const message = Buffer.alloc(1024 * 1024);
    const fitting = Math.ceil(constants.bulkBytesMax / (message.length + HEADER_BYTES + 4));
    for (let i = 0; i < fitting + 10; i += 1) station.send(peerId, message);
    expect(station.transport.statistics.unsent).toBe(10);
    await station.transport.close();
    server.close();
    await peer.close();
  });

  it('a message beyond the largest frame is dropped, counted and reported', async () => {
    station.send(newProcessId(), Buffer.alloc(FRAME_BYTES_MAX));
    expect(station.transport.statistics.unsent).toBe(1);
    expect(station.log.lines.find(({ level }) => level === 'warn')?.text).toContain('no frame is longer');
  });
});
