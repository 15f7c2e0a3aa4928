import { connect, type Socket } from 'node:net';

import { constants } from '../../model/constants.js';
import type { Frame } from '../frame/frame.js';
import type { Address } from '../frame/peers.js';
import type { TransportLog, TransportStatistics } from '../transport.js';

/**
 * Small messages have a separate connection, so that they do not wait behind large ones. Replies have one that does not last: they go
 * to starts that may not be there, wherever somebody has brought what those said once.
 */
type Use = 'large' | 'small' | 'reply';

/** The sending end of the bulk lane of one queue: TCP connections to each receiver, opened by the first frame to it. */
export class BulkSender {
  readonly #connections = new Map<string, Socket>();
  /** Makes the first frame of each connection; null where there is none. */
  #first: (() => Frame) | null = null;
  readonly #from: { readonly localAddress?: string };

  constructor(
    /** From which connections are opened; undefined where the kernel is to choose it. */
    localAddress: string | undefined,
    private readonly statistics: TransportStatistics,
    private readonly log: TransportLog,
  ) {
    this.#from = localAddress === undefined ? {} : { localAddress };
  }

  /** Writes a frame, or drops it where too much is waiting for that receiver already, or too many others are busy. */
  send(frame: Frame, to: Address, use: Use): void {
    const connection = this.#connectionTo(to, use);
    const waitingMax = use === 'large' ? constants.bulkBytesMax : constants.smallInBulkBytesMax;
    if (connection === null || connection.writableLength >= waitingMax) {
      this.statistics.unsent += 1;
      return;
    }
    const written = (error?: Error | null): void => {
      // Node reports bytes as written that it was writing when the connection was destroyed.
      if (error || connection.destroyed) this.statistics.unsent += 1;
      else this.statistics.bulkMessagesSent += 1;
    };
    connection.cork();
    frame.forEach((piece, i) => connection.write(piece, i < frame.length - 1 ? undefined : written));
    connection.uncork();
  }

  /** From now on each connection begins with a frame that `first` makes. */
  begin(first: () => Frame): void {
    this.#first = first;
  }

  async close(): Promise<void> {
    const closing = [...this.#connections.values()].map(
      (connection) => new Promise((closed) => connection.once('close', closed).destroy()),
    );
    await Promise.all(closing);
  }

  /** Null where there is no room for another. */
  #connectionTo(to: Address, use: Use): Socket | null {
    const key = `${to.address}:${to.port} ${use}`;
    const known = this.#connections.get(key);
    if (known?.writable === true) return known;
    if (known !== undefined) {
      // The other end has closed it: what still waits in it cannot arrive.
      this.#connections.delete(key);
      known.destroy();
    }
    if (!this.#hasRoom()) return null;
    const connection = this.#open(to, key);
    if (use === 'reply') endSoon(connection);
    this.#connections.set(key, connection);
    for (const piece of this.#first?.() ?? []) connection.write(piece);
    return connection;
  }

  #open({ address, port }: Address, key: string): Socket {
    const connection = connect({ host: address, port, noDelay: true, ...this.#from });
    const forget = (): void => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    };
    // Idle, not connecting, or stuck behind a receiver that is gone: the kernel alone would try for many minutes.
    connection.setTimeout(constants.bulkIdleMs, () => connection.destroy());
    connection.on('error', (error) => this.log.debug({ err: error, to: key }, 'A bulk connection failed.'));
    connection.on('close', forget);
    // Nothing comes back, but only a connection that is read notices that the other end has closed it.
    connection.resume();
    return connection;
  }

  /** The oldest on which nothing waits makes room for another. */
  #hasRoom(): boolean {
    if (this.#connections.size < constants.bulkConnectionsMax) return true;
    for (const [key, connection] of this.#connections) {
      if (connection.writableLength > 0) continue;
      this.#connections.delete(key);
      connection.destroy();
      return true;
    }
    return false;
  }
}

/** Its receiver takes no longer either to know whom it comes from. */
function endSoon(connection: Socket): void {
  const end = setTimeout(() => connection.destroy(), constants.unknownConnectionMs);
  connection.on('close', () => {
    clearTimeout(end);
  });
}
