import type { Server, Socket } from 'node:net';

import { constants } from '../../model/constants.js';
import { type Lane, queueOf } from '../frame/frame.js';
import type { Inbox, Verdict } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import { BulkReader } from './bulk-reader.js';

/** The inboxes of an endpoint, by queue, and what hands a frame to its own. */
export interface BulkInboxes {
  readonly inboxes: ReadonlyMap<number, Inbox>;
  accept(bytes: Buffer, from: Address, lane: Lane): Verdict;
}

/**
 * The receiving end of the bulk lane. A connection carries the frames of one queue. Where that has keys, it begins with a small frame:
 * until one has come from a start that has been met, nothing larger is read, and the connection is one of few and does not last.
 */
export class BulkListener {
  readonly #server: Server;
  readonly #inboxes: BulkInboxes;
  readonly #connections = new Set<Socket>();
  /** Of processes that are not known to any queue, oldest first. */
  readonly #unknown = new Set<Socket>();

  constructor(server: Server, inboxes: BulkInboxes) {
    this.#server = server;
    this.#inboxes = inboxes;
    server.maxConnections = constants.bulkConnectionsMax;
    server.on('connection', (connection) => this.#read(connection));
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #read(connection: Socket): void {
    const { inboxes } = this.#inboxes;
    const from = { address: connection.remoteAddress ?? '', port: connection.remotePort ?? 0 };
    /** The one to which its process is known. */
    let knownTo: Inbox | null = null;
    const know = (inbox: Inbox): void => {
      knownTo ??= inbox;
      this.#unknown.delete(connection);
    };
    const reader = new BulkReader({
      announcedBytes: (prefix) => {
        const inbox = inboxes.get(queueOf(prefix));
        const bytes = inbox?.announcedBytes(prefix) ?? null;
        if (inbox === undefined || bytes === null) return null;
        // Without a key everybody is heard.
        if (!inbox.isUnderKeys) know(inbox);
        return knownTo !== inbox && bytes > constants.firstBulkBytesMax ? null : bytes;
      },
      accept: (bytes) => {
        const verdict = this.#inboxes.accept(bytes, from, 'bulk');
        const inbox = inboxes.get(queueOf(bytes));
        if (verdict === 'intact' && inbox !== undefined) know(inbox);
        return isOfStream(verdict);
      },
      // A header is in the clear: anybody could have copied it.
      arriving: (header, bytes) => {
        if (knownTo === inboxes.get(queueOf(header))) knownTo.arriving(header, bytes);
      },
    });
    this.#connections.add(connection);
    connection.on('data', (chunk) => {
      if (!reader.push(chunk)) connection.destroy();
    });
    // Later than the sender does so, which would otherwise write into a closing connection.
    connection.setTimeout(2 * constants.bulkIdleMs, () => connection.destroy());
    connection.on('error', () => connection.destroy());
    connection.on('close', () => {
      this.#connections.delete(connection);
      this.#unknown.delete(connection);
    });
    if (this.#hasKeys()) this.#bound(connection);
  }

  #hasKeys(): boolean {
    for (const inbox of this.#inboxes.inboxes.values()) if (inbox.isUnderKeys) return true;
    return false;
  }

  #bound(connection: Socket): void {
    const [oldest] = this.#unknown;
    if (this.#unknown.size >= constants.unknownConnectionsMax) oldest?.destroy();
    this.#unknown.add(connection);
    const end = setTimeout(() => {
      if (this.#unknown.has(connection)) connection.destroy();
    }, constants.unknownConnectionMs);
    connection.on('close', () => {
      clearTimeout(end);
    });
  }
}

/** Whether a stream goes on behind what was judged so. */
function isOfStream(verdict: Verdict): boolean {
  return verdict === 'intact' || verdict === 'own' || verdict === 'unmet' || verdict === 'replay';
}
