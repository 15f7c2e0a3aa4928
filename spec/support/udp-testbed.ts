import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

import type { ProcessId } from '../../lib/model/ids.js';
import type { Start } from '../../lib/model/start.js';
import { FrameDecoder } from '../../lib/transport/frame/frame-decoder.js';
import type { Transport } from '../../lib/transport/transport.js';
import { openUdpTransport, UdpTransport } from '../../lib/transport/udp/udp-transport.js';
import { SOME_START, type Testbed } from './station.js';

/** A testbed on the loopback interface, with groups and ports that no other process uses. */
export async function udpTestbed(): Promise<Testbed> {
  const queueIds = [await newQueueId(), await newQueueId()] as const;
  const open = new Set<Transport>();
  const stranger = await strangerOn(queueIds[0]);
  return {
    queueIds,
    open: async (options) => {
      const transport = await openUdpTransport(options);
      open.add(transport);
      return transport;
    },
    inject: (bytes) => stranger.send(bytes),
    until,
    close: async () => {
      await Promise.all([...open].map((transport) => transport.close()));
      await stranger.close();
    },
  };
}

/** A UDP port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const socket = await boundSocket('127.0.0.1');
  const { port } = socket.address();
  await closeSocket(socket);
  return port;
}

/** Groups differ from process to process, and ports from queue to queue. */
export async function newQueueId(): Promise<string> {
  const port = await freePort();
  return `239.${192 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}:${port}`;
}

/** Lets events come in until the condition holds. */
export async function until(condition: () => boolean, limitMs = 30_000): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  for (let turn = 0; !condition(); turn += 1) {
    if (performance.now() > deadlineMs) throw new Error(`After ${limitMs} ms the condition still does not hold.`);
    await (turn < 100 ? nextTurn() : sleep(1));
  }
}

export interface Stranger {
  readonly port: number;
  /** Sends bytes to the queue's group. */
  send(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A plain socket that can say anything to everyone on a queue. */
export async function strangerOn(queueId: string): Promise<Stranger> {
  const [group = '', port = ''] = queueId.split(':');
  const socket = await boundSocket('127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  return {
    port: socket.address().port,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, Number(port), group, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => closeSocket(socket),
  };
}

export interface Eavesdropper {
  /** The start that a process now takes part under, as soon as it says anything to everyone. */
  startOf(process: ProcessId): Promise<Start>;
  close(): Promise<void>;
}

/** Hears what processes say to everyone on a queue. */
export async function eavesdropperOn(queueId: string): Promise<Eavesdropper> {
  const [group = '', port = ''] = queueId.split(':');
  const decoder = new FrameDecoder(queueId, 'f'.repeat(16) as ProcessId, SOME_START);
  const starts = new Map<ProcessId, Start>();
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (bytes) => {
    const frame = decoder.open(bytes);
    if (typeof frame === 'string') return;
    const { sender, start } = decoder.originOf(frame);
    starts.set(sender, start);
  });
  socket.bind({ address: group, port: Number(port) });
  await once(socket, 'listening');
  socket.addMembership(group, '127.0.0.1');
  return {
    startOf: async (process) => {
      await until(() => starts.has(process));
      return starts.get(process) ?? SOME_START;
    },
    close: () => closeSocket(socket),
  };
}

export async function boundSocket(address: string, port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind({ address, port, exclusive: true });
  try {
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

export async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}

export function asUdp(transport: Transport): UdpTransport {
  if (!(transport instanceof UdpTransport)) throw new Error('Not a transport over UDP.');
  return transport;
}
