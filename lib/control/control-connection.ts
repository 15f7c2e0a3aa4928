import type { Socket } from 'node:net';

import { TreplicaError } from '../model/errors.js';
import { isRequest, type Reply, type Request, REQUEST_BYTES_MAX } from './protocol.js';

/** Answers a request with what can be written as JSON; `signal` aborts when nobody waits for the answer any more. */
export type Answering = (request: Request, signal: AbortSignal) => unknown;

/** How long a peer may take to send all of its request, and to read all of its answer, in milliseconds. */
const PATIENCE_MS = 10_000;
const NEWLINE = 0x0a;

/** One request and its answer, each a line of JSON: see `protocol.ts`. Nothing that comes in it harms the process. */
export class ControlConnection {
  readonly #socket: Socket;
  readonly #answer: Answering;
  readonly #gaveUp = new AbortController();
  #received = Buffer.alloc(0);
  #isAsked = false;
  #end: NodeJS.Timeout;

  constructor(socket: Socket, answer: Answering) {
    this.#socket = socket;
    this.#answer = answer;
    socket.unref();
    this.#end = this.#endLater();
    socket.on('data', (bytes: Buffer) => {
      this.#receive(bytes);
    });
    // The peer ends its side when it waits no longer.
    socket.once('end', () => {
      if (!this.#isAsked) socket.destroy();
      this.#gaveUp.abort(new Error('the operator waits no longer'));
    });
    // A peer that is gone: the socket closes after this event.
    socket.on('error', () => {
      this.#gaveUp.abort(new Error('the connection to the operator has failed'));
    });
    socket.once('close', () => {
      clearTimeout(this.#end);
      this.#gaveUp.abort(new Error('the connection to the operator is closed'));
    });
  }

  endUnlessAsked(): void {
    if (!this.#isAsked) this.#socket.destroy();
  }

  /** Where every byte bought more time, a few peers could take all connections for hours. */
  #endLater(): NodeJS.Timeout {
    return setTimeout(() => this.#socket.destroy(), PATIENCE_MS).unref();
  }

  #receive(bytes: Buffer): void {
    if (this.#isAsked) {
      this.#socket.destroy(); // A connection has one request.
      return;
    }
    const end = bytes.indexOf(NEWLINE);
    const line = Buffer.concat([this.#received, end < 0 ? bytes : bytes.subarray(0, end)]);
    if (line.length > REQUEST_BYTES_MAX) {
      this.#isAsked = true;
      this.#reply(refusal(`it is longer than ${String(REQUEST_BYTES_MAX)} bytes`));
    } else if (end < 0) this.#received = line;
    else void this.#handle(line);
  }

  async #handle(line: Buffer): Promise<void> {
    this.#isAsked = true;
    this.#received = Buffer.alloc(0);
    const request = requestIn(line);
    if (request === null) {
      this.#reply(refusal('it is no line of JSON with an object that names a command'));
      return;
    }
    clearTimeout(this.#end);
    this.#write({ isHeard: true });
    try {
      this.#reply({ result: await this.#answer(request, this.#gaveUp.signal) });
    } catch (error) {
      this.#reply({ error: factsOf(error) });
    }
  }

  #reply(reply: Reply): void {
    this.#write(reply);
    clearTimeout(this.#end);
    this.#end = this.#endLater();
    this.#socket.end();
  }

  #write(reply: Reply): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(reply)}\n`);
  }
}

function requestIn(line: Buffer): Request | null {
  try {
    const value: unknown = JSON.parse(line.toString());
    return isRequest(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function refusal(why: string): Reply {
  return { error: { code: 'INVALID_OPTION', message: `The request was not understood: ${why}.` } };
}

function factsOf(error: unknown): { readonly code: string; readonly message: string } {
  const { message } = error instanceof Error ? error : new Error(String(error));
  return { code: error instanceof TreplicaError ? error.code : 'FAILED', message };
}
