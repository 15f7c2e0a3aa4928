import { once } from 'node:events';
import { createServer, isIPv6, type Server } from 'node:net';
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import type { Address } from '../frame/peers.js';
import type { TransportLog } from '../transport.js';
import type { LocalInterface } from './local-interface.js';

/**
 * The two lanes of an endpoint, on one port, so that the address that a datagram came from serves both. The UDP socket
 * is the one from which everything is sent; multicast leaves it by the interface of `local` only and no further than the
 * local network.
 * Where `asked` is null the kernel chooses the port.
 * @throws TreplicaError PORT_IN_USE, NETWORK.
 */
export async function openBothLanes(
  local: string,
  asked: number | null,
  log: TransportLog,
): Promise<{ socket: SocketAsPromised; server: Server }> {
  for (let attempt = 1; ; attempt += 1) {
    const socket = await openUnicastSocket(local, asked, log);
    const { port } = socket.address();
    try {
      return { socket, server: await listen({ address: local, port }, log) };
    } catch (error) {
      await socket.close();
      // Where the kernel chose the port for UDP, TCP may have another use for it.
      if (codeOf(error) !== 'EADDRINUSE' || asked !== null || attempt === PORT_ATTEMPTS_MAX)
        throw unicastError(error, { address: local, port }, asked);
    }
  }
}

const PORT_ATTEMPTS_MAX = 20;

async function openUnicastSocket(local: string, asked: number | null, log: TransportLog): Promise<SocketAsPromised> {
  const family = isIPv6(local) ? 6 : 4;
  const socket = createSocket(family, { reuseAddr: false }, log);
  const where = { address: local, port: asked ?? 0 };
  try {
    await socket.bind({ ...where, exclusive: true });
    if (family === 4) socket.setMulticastInterface(local).setMulticastLoopback(true).setMulticastTTL(1);
  } catch (error) {
    await socket.close();
    throw unicastError(error, where, asked);
  }
  askFor(constants.sendBufferBytes, (bytes) => socket.setSendBufferSize(bytes));
  return socket;
}

async function listen({ address, port }: Address, log: TransportLog): Promise<Server> {
  const server = createServer({ noDelay: true });
  server.listen({ host: address, port, exclusive: true });
  await once(server, 'listening');
  server.on('error', (error) => log.warn({ err: error }, 'The listener of the bulk lane reported an error.'));
  return server;
}

/**
 * A socket that hears one multicast group, as far as it comes by way of `local`. Any number of processes may open one.
 * @throws TreplicaError PORT_IN_USE or NETWORK.
 */
export async function openMulticastSocket(
  group: Address,
  local: LocalInterface,
  log: TransportLog,
): Promise<SocketAsPromised> {
  const socket = await bindToGroup(group, log);
  try {
    socket.addMembership(group.address, local.address).setMulticastLoopback(true);
  } catch (cause) {
    await socket.close();
    throw new TreplicaError(
      'NETWORK',
      `The multicast group ${group.address} could not be joined on the interface ${local.address}: check that the interface is up and allows multicast.`,
      { cause },
    );
  }
  return socket;
}

/** Bound to the group's own address, a socket does not hear other groups on the same port. Not every platform can. */
async function bindToGroup(group: Address, log: TransportLog): Promise<SocketAsPromised> {
  try {
    return await bindShared(group, log);
  } catch (error) {
    if (!CANNOT_BIND_TO_GROUP.has(codeOf(error))) throw bindError(error, group);
  }
  try {
    return await bindShared({ address: '0.0.0.0', port: group.port }, log);
  } catch (error) {
    throw bindError(error, group);
  }
}

const CANNOT_BIND_TO_GROUP: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EINVAL']);

/** `lookup` answers at once: Node's own would put each send off to a later turn of the event loop. */
function createSocket(
  family: 4 | 6,
  { reuseAddr }: { readonly reuseAddr: boolean },
  log: TransportLog,
): SocketAsPromised {
  const socket = DgramAsPromised.createSocket({
    type: `udp${family}`,
    reuseAddr,
    lookup: (address, _options, callback) => callback(null, address, family),
  });
  socket.socket.on('error', (error) => log.warn({ err: error }, 'A datagram socket reported an error.'));
  return socket;
}

/** `exclusive`: the workers of a node:cluster are processes of their own and must not have one socket for all. */
async function bindShared({ address, port }: Address, log: TransportLog): Promise<SocketAsPromised> {
  const socket = createSocket(4, { reuseAddr: true }, log);
  try {
    await socket.bind({ address, port, exclusive: true });
    return socket;
  } catch (error) {
    await socket.close();
    throw error;
  }
}

function unicastError(cause: unknown, where: Address, asked: number | null): TreplicaError {
  if (asked === null || codeOf(cause) !== 'EADDRINUSE') return bindError(cause, where);
  return new TreplicaError(
    'PORT_IN_USE',
    `Port ${asked} of ${where.address}, as the options say, is taken, for UDP or TCP: each process of a machine needs one of its own. Stop the program that has it, or give this process another.`,
    { cause },
  );
}

function bindError(cause: unknown, { address, port }: Address): TreplicaError {
  if (codeOf(cause) === 'EADDRINUSE') {
    return new TreplicaError(
      'PORT_IN_USE',
      `Port ${port} is taken by a program that does not share it: stop that program or give the queue another port.`,
      { cause },
    );
  }
  return new TreplicaError(
    'NETWORK',
    `No socket could be bound to ${address}:${port} (${codeOf(cause)}): check that this user may use the port and that the network is up.`,
    { cause },
  );
}

/**
 * Asks for a large receive buffer and says what the kernel granted: bytes of datagrams, as near as can be told. Linux
 * reports twice what it grants, the other half being for its own book-keeping.
 */
export function enlargeReceiveBuffer(socket: SocketAsPromised, log: TransportLog): number {
  const asked = constants.receiveBufferBytes;
  askFor(asked, (bytes) => socket.setRecvBufferSize(bytes));
  const reported = socket.getRecvBufferSize();
  const granted = process.platform === 'linux' ? reported / 2 : reported;
  const { address, port } = socket.address();
  const facts = { address, port, asked, granted };
  if (granted >= asked) log.info(facts, 'Receive buffer granted.');
  else
    log.warn(
      facts,
      'The kernel granted a smaller receive buffer than asked: bursts may be lost. Raise its limit (on Linux, the sysctl net.core.rmem_max).',
    );
  return granted;
}

/** Linux grants as much as it may; other kernels refuse a larger request: then ask for less. */
function askFor(bytes: number, ask: (bytes: number) => void): void {
  for (let asked = bytes; asked >= BUFFER_BYTES_MIN; asked = Math.floor(asked / 2)) {
    try {
      ask(asked);
      return;
    } catch {
      // Refused.
    }
  }
}

const BUFFER_BYTES_MIN = 65_536;

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
}
