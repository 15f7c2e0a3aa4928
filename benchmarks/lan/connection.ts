import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Options, PackrStream, UnpackrStream } from 'msgpackr';

/** Typed arrays arrive as such. A new object each time, because a stream keeps what it has learnt in its options. */
function faithful(): Options {
  return { structuredClone: true };
}

/** Silence after which the kernel asks whether the other side is still there. */
const KEEP_ALIVE_MS = 10_000;

/** Values over a TCP connection. */
export class Connection {
  /** Resolves when the other side has ended it: with null, or with what broke it. */
  readonly ended: Promise<Error | null>;
  readonly #socket: Socket;
  readonly #out = new PackrStream(faithful());

  constructor(socket: Socket, onValue: (value: unknown) => void) {
    this.#socket = socket;
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    this.#out.pipe(socket);
    const incoming = socket.pipe(new UnpackrStream(faithful()));
    this.ended = new Promise((resolve) => {
      for (const stream of [socket, incoming, this.#out]) {
        stream.once('error', (error: Error) => {
          socket.destroy();
          resolve(error);
        });
      }
      incoming.once('end', () => resolve(null));
      socket.once('close', () => resolve(null));
    });
    incoming.on('data', onValue);
  }

  /** Where the connection has ended, nobody hears it. */
  send(value: unknown): void {
    if (this.#socket.writable) this.#out.write(value);
  }

  /** Resolves when both sides have ended it. */
  async end(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#out.end();
    await closed;
  }
}
