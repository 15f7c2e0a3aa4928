import { connect, type Socket } from 'node:net';

import { constants } from '../../model/constants.js';
import type { Frame } from '../frame/frame.js';
import type { Address } from '../frame/peers.js';
import type { TransportLog, TransportStatistics } from '../transport.js';

/** Small messages have a separate connection, so that they do not wait behind large ones. */
type Size = 'large' | 'small';

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

  /** Writes a frame, or drops it where too much is waiting for that receiver already. */
  send(frame: Frame, to: Address, size: Size): void {
    const connection = this.#connectionTo(to, size);
    if (connection.writableLength >= (size === 'large' ? constants.bulkBytesMax : constants.smallInBulkBytesMax)) {
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

  #connectionTo({ address, port }: Address, size: Size): Socket {
    const key = `${address}:${port} ${size}`;
    const known = this.#connections.get(key);
    if (known?.writable === true) return known;
    // The other end has closed it: what still waits in it cannot arrive.
    known?.destroy();

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
    this.#connections.set(key, connection);
    for (const piece of this.#first?.() ?? []) connection.write(piece);
    return connection;
  }
}
