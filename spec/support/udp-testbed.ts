import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

import type { ProcessId } from '../../lib/model/ids.js';
import type { Start } from '../../lib/model/start.js';
import type { Frame } from '../../lib/transport/frame/frame.js';
import { FrameDecoder } from '../../lib/transport/frame/frame-decoder.js';
import { Inbox } from '../../lib/transport/frame/inbox.js';
import type { Key } from '../../lib/transport/frame/key-ring.js';
import type { Address } from '../../lib/transport/frame/peers.js';
import { EVERYONE, type Transport } from '../../lib/transport/transport.js';
import { leaseEndpoint } from '../../lib/transport/udp/endpoint-pool.js';
import { parseRendezvous, shownAddress } from '../../lib/transport/udp/rendezvous.js';
import { type Resolver, systemResolver } from '../../lib/transport/udp/resolver.js';
import { datagramBytesAt } from '../../lib/transport/udp/udp-options.js';
import { openUdpTransport, UdpTransport } from '../../lib/transport/udp/udp-transport.js';
import { UnicastCarrier } from '../../lib/transport/udp/unicast-carrier.js';
import { MemoryLog, newProcessId, newStart, ringOf, SOME_START, type Station, type Testbed } from './station.js';

/** A testbed on the loopback interface, with groups and ports that no other process uses. */
export async function udpTestbed(key?: Key): Promise<Testbed> {
  const queueIds = [await newQueueId(), await newQueueId()] as const;
  const open = new Set<Transport>();
  const stranger = await strangerOn(queueIds[0]);
  return {
    queueIds,
    open: async (options) => {
      const under = key === undefined ? {} : { start: newStart(), keys: ringOf(key) };
      const transport = await openUdpTransport({ ...options, ...under });
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

/** As many as one spec opens transports, of both queues. */
const PLACES = 8;

/**
 * A testbed on one loopback address, IPv4 or IPv6, without multicast: each transport listens on a port of its own, and looks
 * for others on all of them.
 */
export async function unicastTestbed(host: '127.0.0.1' | '::1', resolver?: Resolver): Promise<Testbed> {
  const queueIds = ['auctions', 'orders'] as const;
  const places = await newPlaces(PLACES, host);
  const open = new Set<UdpTransport>();
  const firstQueue = new Set<UdpTransport>();
  const stranger = await boundSocket(host);
  let opened = 0;
  return {
    queueIds,
    open: async (options) => {
      const listen = places[opened % PLACES]!;
      opened += 1;
      const transport = await openUdpTransport({
        ...{ listen, peers: places, insecure: true, ...options },
        ...(resolver === undefined ? {} : { resolver }),
      });
      open.add(transport);
      if (options.queueId === queueIds[0]) firstQueue.add(transport);
      return transport;
    },
    inject: async (bytes) => {
      for (const { address } of firstQueue) await sendTo(stranger, bytes, address);
    },
    until,
    close: async () => {
      await Promise.all([...open].map((transport) => transport.close()));
      await closeSocket(stranger);
    },
  };
}

type UnicastOptions = Parameters<typeof openUdpTransport>[0];

/** A carrier whose datagrams are dropped by the wall, as a firewall may drop those of UDP and let TCP pass. */
class WalledCarrier extends UnicastCarrier {
  wall!: Wall;

  override unicast(frame: Frame, to: Address): void {
    if (!this.wall.dropsDatagrams) super.unicast(frame, to);
  }
}

/** Whether datagrams are dropped now. */
export interface Wall {
  dropsDatagrams: boolean;
}

/** A transport without multicast behind a wall. */
export async function openBehind(wall: Wall, options: UnicastOptions): Promise<UdpTransport> {
  const rendezvous = parseRendezvous(options.queueId, options);
  if (rendezvous.kind !== 'unicast') throw new Error('the option listen is missing');
  const { address, port, hints } = rendezvous;
  const inbox = new Inbox(options);
  const lease = await leaseEndpoint(address, port, inbox);
  const carrier = new WalledCarrier(hints, systemResolver, datagramBytesAt(address, undefined), lease, inbox);
  carrier.wall = wall;
  return new UdpTransport(options, inbox, carrier);
}

/** Addresses and ports of a loopback address that are free now, as options have them. */
export async function newPlaces(n: number, host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<string[]> {
  const sockets = await Promise.all(Array.from({ length: n }, () => boundSocket(host)));
  const places = sockets.map((socket) => shownAddress({ address: host, port: socket.address().port }));
  await Promise.all(sockets.map(closeSocket));
  return places;
}

export function sendTo(socket: Socket, bytes: Uint8Array, { address, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, port, address, (error) => (error ? reject(error) : resolve()));
  });
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

/** Lets ticks pass at all stations, and has each say something to everyone at some of them, until the condition holds. */
export async function live(stations: readonly Station[], condition: () => boolean): Promise<void> {
  let tick = 0;
  await until(() => {
    tick += 1;
    for (const { transport } of stations) transport.tick();
    if (tick % 5 === 0) for (const station of stations) station.send(EVERYONE, `tick ${tick}`);
    return condition();
  });
}

/** Whether each has heard each other one. */
export function haveMet(stations: readonly Station[]): boolean {
  return stations.every((one) =>
    stations.every((other) => other === one || one.heard.some(({ from }) => from === other.id)),
  );
}

/** A transport of a process of its own, which nobody listens to. */
export function openAlone(
  queueId: string,
  options: Partial<Parameters<typeof openUdpTransport>[0]> = {},
): Promise<UdpTransport> {
  const process = { self: newProcessId(), start: SOME_START, receiver: () => {}, log: new MemoryLog() };
  return openUdpTransport({ queueId, ...process, ...options });
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
    send: (bytes) => sendTo(socket, bytes, { address: group, port: Number(port) }),
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
    const opened = decoder.open(bytes);
    if (typeof opened === 'string') return;
    const { sender, start } = opened.origin;
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
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
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
