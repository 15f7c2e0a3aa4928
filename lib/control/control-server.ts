/**
 * The socket in a ledger directory, through which operators of this machine reach the process that has the directory. It is
 * there while the process has a queue open, and only the user that runs the process may use it: mode 0600.
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, renameSync, rmdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { type Answering, ControlConnection } from './control-connection.js';
import { type ShortPath, shortPathTo, SOCKET, WORKSHOP } from './socket-path.js';

/** Connections at one time; others are closed at once. */
const CONNECTIONS_MAX = 32;

export class ControlServer {
  readonly #server: Server;
  readonly #directory: ShortPath;
  readonly #connections = new Set<ControlConnection>();
  /** Names the socket that is this one's, whatever has its path by now. */
  #inode: number | null = null;

  private constructor(directory: string, answer: Answering) {
    this.#directory = shortPathTo(directory);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#serve(socket, answer);
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.unref();
  }

  /**
   * Opens the socket in `directory`, which this process owns: one that is there already is of a process that is gone. `answer`
   * is asked for the answer to every request, `failed` is told what keeps later requests from being heard.
   * @throws TreplicaError INVALID_OPTION for a path that is too long; what the file system or the network throws
   */
  static async open(directory: string, answer: Answering, failed: (error: Error) => void): Promise<ControlServer> {
    const server = new ControlServer(directory, answer);
    try {
      await server.#listen();
      server.#server.on('error', failed);
      return server;
    } catch (error) {
      server.#server.close();
      server.#directory.release();
      throw error;
    }
  }

  get #path(): string {
    return join(this.#directory.path, SOCKET);
  }

  /** The socket is made where no other user reaches it, so that it has its mode before it has its name. */
  async #listen(): Promise<void> {
    const workshop = join(this.#directory.path, WORKSHOP);
    const made = join(workshop, SOCKET);
    rmSync(workshop, { recursive: true, force: true });
    mkdirSync(workshop, { mode: 0o700 });
    this.#server.listen({ path: made, exclusive: true });
    await once(this.#server, 'listening');
    chmodSync(made, 0o600);
    this.#inode = statSync(made).ino;
    renameSync(made, this.#path);
    rmdirSync(workshop);
  }

  #serve(socket: Socket, answer: Answering): void {
    const connection = new ControlConnection(socket, answer);
    this.#connections.add(connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
    });
  }

  /** Hears no further requests; those under way are still answered. */
  close(): void {
    const present: Stats | undefined = statSync(this.#path, { throwIfNoEntry: false });
    if (present?.ino === this.#inode) rmSync(this.#path, { force: true });
    this.#server.close();
    for (const connection of this.#connections) connection.endUnlessAsked();
    this.#directory.release();
  }
}
