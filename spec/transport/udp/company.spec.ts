import type { Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { acceptDatagram } from '../../../lib/transport/frame/datagram.js';
import { FrameDecoder, messagesOf } from '../../../lib/transport/frame/frame-decoder.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { inCompany } from '../../../lib/transport/udp/company.js';
import { newProcessId, SOME_START, Station, type Testbed } from '../../support/station.js';
import { asUdp, boundSocket, closeSocket, udpTestbed, until } from '../../support/udp-testbed.js';

describe('two queues of a process that share an endpoint', () => {
  const other = newProcessId();
  let testbed: Testbed;
  /** The other process, which takes part in both queues with one socket. */
  let socket: Socket;
  /** The messages of each datagram that it gets. */
  let datagrams: string[][];
  let first: Station;
  let second: Station;

  beforeEach(async () => {
    testbed = await udpTestbed();
    socket = await boundSocket('127.0.0.1');
    const decoders = testbed.queueIds.map((queueId) => new FrameDecoder(queueId, other, SOME_START));
    datagrams = [];
    socket.on('message', (bytes, from) => {
      const texts: string[] = [];
      acceptDatagram(bytes, from, {
        accept: (frame) => {
          const opened = decoders.map((decoder) => decoder.open(frame)).find((one) => typeof one !== 'string');
          if (opened === undefined || typeof opened === 'string') return 'foreign';
          texts.push(...messagesOf(opened).map(String));
          return 'intact';
        },
      });
      datagrams.push(texts);
    });
    first = await Station.open(testbed);
    second = await Station.open(testbed, { queueId: testbed.queueIds[1] });
    const { address, port } = asUdp(first.transport).address;
    expect(asUdp(second.transport).address).toEqual({ address, port });
    for (const queueId of testbed.queueIds)
      socket.send([...new FrameEncoder(queueId, other, SOME_START).encode([Buffer.from('I am here')])], port, address);
    await until(() => first.has('I am here') && second.has('I am here'));
  });

  afterEach(async () => {
    await testbed.close();
    await closeSocket(socket);
  });

  it('send what goes to one process in one datagram where they send in company', async () => {
    inCompany(() => {
      first.send(other, 'one', 'two');
      second.send(other, 'three');
      first.send(other, 'four');
    });
    await until(() => datagrams.length > 0);
    expect(datagrams).toEqual([['one', 'two', 'three', 'four']]);
  });

  it('send by themselves where they do not', async () => {
    first.send(other, 'one');
    second.send(other, 'two');
    await until(() => datagrams.length > 1);
    expect(datagrams).toEqual([['one'], ['two']]);
  });

  it('let what waits leave when one of them hurries', async () => {
    inCompany(() => {
      first.send(other, 'one');
      second.send(other, 'two');
      second.transport.hurry();
      first.send(other, 'three');
    });
    await until(() => datagrams.length > 1);
    expect(datagrams).toEqual([['one', 'two'], ['three']]);
  });

  it('lose nothing of what the others have said when one is closed', async () => {
    let closed: Promise<void> | undefined;
    inCompany(() => {
      first.send(other, 'one');
      second.send(other, 'two');
      closed = first.transport.close();
    });
    await closed;
    await until(() => datagrams.length > 0);
    expect(datagrams).toEqual([['one', 'two']]);
  });

  it('leave nothing behind where what they do fails', async () => {
    expect(() => {
      inCompany(() => {
        first.send(other, 'one');
        second.send(other, 'two');
        throw new Error('failed');
      });
    }).toThrow('failed');
    await until(() => datagrams.length > 0);
    expect(datagrams).toEqual([['one', 'two']]);
  });
});
