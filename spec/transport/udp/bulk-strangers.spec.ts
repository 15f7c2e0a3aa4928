import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import { encodeAdmission, NO_PROOF } from '../../../lib/transport/frame/admission-messages.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { BulkSender } from '../../../lib/transport/udp/bulk-sender.js';
import { KeyedSender } from '../../support/keyed.js';
import {
  KEY_1,
  MemoryLog,
  newProcessId,
  newStart,
  ringOf,
  SOME_START,
  Station,
  type Testbed,
} from '../../support/station.js';
import { asUdp, udpTestbed, until } from '../../support/udp-testbed.js';

const { unmetRepliesASecond, unknownConnectionsMax, bulkConnectionsMax } = constants;

/** What has been opened to a server, which hears nothing, at every loopback address. */
let server: Server;
let opened: Socket[];
/** The addresses at which they have come, one by one. */
let reached: string[];
let port: number;

beforeEach(async () => {
  opened = [];
  reached = [];
  server = createServer((socket) => {
    opened.push(socket.on('error', () => undefined).resume());
    reached.push(socket.localAddress ?? '');
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  server.close();
  for (const socket of opened) socket.destroy();
  await once(server, 'close');
});

describe('a process under a key', () => {
  let testbed: Testbed;
  let station: Station;

  beforeEach(async () => {
    testbed = await udpTestbed(KEY_1);
    station = await Station.open(testbed);
  });

  afterEach(() => testbed.close());

  /** Somebody brings what a former start has said, from an address at which the server seems to be that start. */
  const replay = async (from: string): Promise<void> => {
    const opening = encodeAdmission({ kind: 'opening', port, proof: NO_PROOF });
    const recorded = new KeyedSender(testbed.queueIds[0]).encoder.encode([opening], 'bulk');
    const before = station.transport.statistics.unmetDropped;
    const { address: host, port: to } = asUdp(station.transport).address;
    const socket = connect({ host, port: to, localAddress: from });
    socket.on('error', () => socket.destroy());
    socket.write(Buffer.concat(recorded));
    await until(() => station.transport.statistics.unmetDropped > before);
    socket.destroy();
  };

  it('opens few connections a second to starts that it has not met', async () => {
    for (let i = 1; i <= 30; i += 1) await replay(`127.0.1.${i}`);
    for (let tick = 0; tick < 100; tick += 1) station.transport.tick();
    await replay('127.0.2.1');
    await until(() => reached.includes('127.0.2.1'));
    expect(reached).toHaveLength(unmetRepliesASecond + 1);
  });
});

describe('an endpoint that queues with and without a key share', () => {
  let testbed: Testbed;
  let keyed: Station;
  let plain: Station;

  beforeEach(async () => {
    testbed = await udpTestbed();
    keyed = await Station.open(testbed, { keys: ringOf(KEY_1), start: newStart() });
    plain = await Station.open(testbed, { queueId: testbed.queueIds[1] });
  });

  afterEach(() => testbed.close());

  const dial = async (): Promise<Socket> => {
    const { address: host, port: to } = asUdp(keyed.transport).address;
    const socket = connect({ host, port: to });
    socket.on('error', () => socket.destroy()).resume();
    await once(socket, 'connect');
    return socket;
  };
  const frameOf = (message: Uint8Array): Buffer =>
    Buffer.concat(new FrameEncoder(testbed.queueIds[1], newProcessId(), SOME_START).encode([message], 'bulk'));

  it('closes connections that have brought nothing as soon as there are many', async () => {
    expect(asUdp(plain.transport).address).toEqual(asUdp(keyed.transport).address);
    const closed: number[] = [];
    const count = unknownConnectionsMax + 4;
    for (let i = 0; i < count; i += 1) (await dial()).once('close', () => closed.push(i));
    await until(() => closed.length === count);
    expect(closed.slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  it('reads nothing large for the queue with a key on a connection of the other', async () => {
    const socket = await dial();
    socket.write(frameOf(Buffer.alloc(100_000)));
    await until(() => plain.heard.length === 1);
    const recorded = new KeyedSender(testbed.queueIds[0]).bulkFrame('x'.repeat(constants.firstBulkBytesMax));
    socket.write(recorded);
    const { statistics } = keyed.transport;
    await until(() => statistics.foreignDropped + statistics.unmetDropped > 0);
    expect(statistics.unmetDropped).toBe(0);
  });

  it('keeps the connections of the queue without a key', async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < unknownConnectionsMax + 4; i += 1) {
      const socket = await dial();
      sockets.push(socket);
      socket.write(frameOf(Buffer.from(`first ${i}`)));
      await until(() => plain.has(`first ${i}`));
    }
    sockets.forEach((socket, i) => socket.write(frameOf(Buffer.from(`second ${i}`))));
    await until(() => sockets.every((_, i) => plain.has(`second ${i}`)));
    for (const socket of sockets) socket.destroy();
  });
});

describe('the connections of a sender', () => {
  let sender: BulkSender;
  const statistics = { bulkMessagesSent: 0, unsent: 0 };

  beforeEach(() => {
    Object.assign(statistics, { bulkMessagesSent: 0, unsent: 0 });
    sender = new BulkSender('127.0.0.1', statistics as never, new MemoryLog());
  });

  afterEach(() => sender.close());

  const addressOf = (i: number): string => `127.0.${3 + (i >> 7)}.${1 + (i & 127)}`;
  const closed = async (socket: Socket): Promise<void> => {
    if (!socket.closed) await once(socket, 'close');
  };

  it('that carry replies end by themselves, before others that are idle', async () => {
    sender.send([Buffer.from('x')], { address: '127.0.0.1', port }, 'small');
    await until(() => opened.length === 1);
    sender.send([Buffer.from('x')], { address: '127.0.0.1', port }, 'reply');
    await until(() => opened.length === 2);
    const [lasting, brief] = opened as [Socket, Socket];
    await closed(brief);
    expect(lasting.readableEnded).toBe(false);
  });

  it('are bounded: the oldest on which nothing waits makes room for another', async () => {
    const more = 20;
    for (let i = 0; i < bulkConnectionsMax; i += 1)
      sender.send([Buffer.from('x')], { address: addressOf(i), port }, 'small');
    await until(() => opened.length === bulkConnectionsMax && statistics.bulkMessagesSent === bulkConnectionsMax);
    for (let i = 0; i < more; i += 1)
      sender.send([Buffer.from('x')], { address: addressOf(bulkConnectionsMax + i), port }, 'small');
    await until(() => opened.length === bulkConnectionsMax + more);
    const oldest = Array.from({ length: more }, (_, i) => addressOf(i));
    await until(() => opened.filter(({ closed }) => closed).length >= more);
    const ended = reached.filter((_, i) => opened[i]!.readableEnded);
    expect(ended.sort()).toEqual(oldest.sort());
    expect(statistics.unsent).toBe(0);
  });

  it('that are all busy keep their place, and what needs another one is dropped and counted', async () => {
    server.on('connection', (socket) => socket.pause());
    const message = Buffer.alloc(constants.bulkBytesMax - 1);
    for (let i = 0; i < bulkConnectionsMax; i += 1) sender.send([message], { address: addressOf(i), port }, 'large');
    sender.send([message], { address: '127.0.2.1', port }, 'large');
    expect(statistics.unsent).toBe(1);
  });
});
