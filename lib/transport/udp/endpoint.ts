import type { Server } from 'node:net';
import type { SocketAsPromised } from 'dgram-as-promised';

import { acceptDatagram } from '../frame/datagram.js';
import { type Frame, type Lane, queueOf } from '../frame/frame.js';
import type { Inbox, Verdict } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import type { TransportLog } from '../transport.js';
import { BulkListener } from './bulk-listener.js';
import { leaveNow, mayWait, waits } from './company.js';
import { type Sent, SharedDatagrams } from './shared-datagrams.js';
import { enlargeReceiveBuffer, openBothLanes } from './sockets.js';

/**
 * Where this process is reached at one address, or at all of the machine: a UDP socket, and a TCP listener on the same port for the bulk lane.
 * The queues of the process share it; frames are told apart by the queue that they carry.
 */
export class Endpoint {
  readonly address: Address;
  readonly receiveBufferBytes: number;
  readonly #socket: SocketAsPromised;
  readonly #listener: BulkListener;
  readonly #shared = new SharedDatagrams((datagram, to, sent) => {
    this.send(datagram, to, sent);
  });

  private constructor(
    local: string,
    socket: SocketAsPromised,
    server: Server,
    readonly inboxes: ReadonlyMap<number, Inbox>,
    log: TransportLog,
  ) {
    this.#socket = socket;
    this.#listener = new BulkListener(server, this);
    this.address = { address: local, port: socket.address().port };
    this.receiveBufferBytes = enlargeReceiveBuffer(socket, log);
    socket.socket.on('message', (bytes, from) => {
      acceptDatagram(bytes, from, this);
    });
  }

  /** @throws TreplicaError PORT_IN_USE, NETWORK. */
  static async open(
    local: string,
    port: number | null,
    inboxes: ReadonlyMap<number, Inbox>,
    log: TransportLog,
  ): Promise<Endpoint> {
    const { socket, server } = await openBothLanes(local, port, log);
    return new Endpoint(local, socket, server, inboxes, log);
  }

  /**
   * A frame to one process: in a datagram of at most `maxDatagramBytes` with frames of other queues where these send to the same
   * address at this moment, and otherwise as `send` does.
   */
  sendInCompany(frame: Frame, to: Address, maxDatagramBytes: number, sent: Sent): void {
    if (this.inboxes.size <= 1 || !mayWait()) {
      this.send(frame, to, sent);
      return;
    }
    this.#shared.add(frame, to, maxDatagramBytes, sent);
    waits(this.#shared);
  }

  /** What waits for others leaves now. */
  hurry(): void {
    if (mayWait()) leaveNow();
  }

  /** A datagram. Reaches the kernel before it returns, if the kernel's buffer is not full. */
  send(datagram: Frame, { address, port }: Address, sent: Sent): void {
    try {
      this.#socket.socket.send(datagram, port, address, sent);
    } catch (error) {
      sent(error as Error);
    }
  }

  async close(): Promise<void> {
    this.#shared.flush();
    await Promise.all([this.#listener.close(), this.#socket.close()]);
  }

  /** Hands a frame to its queue. */
  accept(bytes: Buffer, from: Address, lane: Lane): Verdict {
    const inbox = this.inboxes.get(queueOf(bytes));
    if (inbox !== undefined) return inbox.accept(bytes, from, lane);
    // It belongs to no part: each refuses it and says what is wrong with it.
    let verdict: Verdict = 'shut';
    for (const each of this.inboxes.values()) verdict = each.accept(bytes, from, lane);
    return verdict;
  }
}
