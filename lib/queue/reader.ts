import { TreplicaError } from '../model/errors.js';
import type { Position, ProcessId } from '../model/ids.js';
import { Fifo } from './fifo.js';
import { isForReader, type MessageCodec, valueIn } from './message-values.js';
import type { Consumer, DeliveredBatch } from './state-holder.js';

/** Approximate memory of an unread message beyond its own bytes. */
const UNREAD_HEAD_BYTES = 128;

/** One message, as it comes off the queue. */
export interface QueueMessage {
  /** The number of messages before it. */
  readonly position: Position;
  /** The process that put it. */
  readonly origin: ProcessId;
  /**
   * The value that was put: bytes as a Buffer, which may be kept and must not be changed; any other value as a separate copy.
   */
  readonly message: unknown;
}

/** One that has not been read yet, in its bytes. */
interface Unread {
  readonly position: Position;
  readonly origin: ProcessId;
  readonly bytes: Buffer;
}

export interface ReaderOptions {
  /** Above this the reader pushes back. */
  readonly unreadBytesMax: number;
  /** Called once the reader, after it pushed back, has been read half empty. */
  readonly resume: () => void;
  readonly codec: MessageCodec;
}

interface Get {
  readonly resolve: (message: QueueMessage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The state holder of a queue whose messages are read one by one, with `get()` or `for await`. It skips operations of
 * state machines and messages of no bytes.
 */
export class Reader implements Consumer {
  readonly #options: ReaderOptions;
  readonly #unread = new Fifo<Unread>();
  readonly #gets = new Fifo<Get>();
  #unreadBytes = 0;
  #isFull = false;
  /** Why there are no more messages; null while there may be. */
  #end: TreplicaError | null = null;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return !this.#isFull;
  }

  /**
   * The next message that no other caller has got; callers are served in the order of their calls.
   * @throws TreplicaError QUEUE_CLOSED when the queue is closed before there is one; CLASS_NOT_REGISTERED, MALFORMED_BYTES or
   * MESSAGE_VERSION for a message that this process cannot read: the next call gets the one after it.
   */
  get(): Promise<QueueMessage> {
    if (this.#end !== null) return Promise.reject(this.#end);
    const message = this.#unread.shift();
    if (message === undefined) return new Promise((resolve, reject) => this.#gets.push({ resolve, reject }));
    this.#unreadBytes -= costOf(message);
    if (this.#isFull && this.#unreadBytes < this.#options.unreadBytesMax / 2) {
      this.#isFull = false;
      this.#options.resume();
    }
    return new Promise((resolve, reject) => this.#answer({ resolve, reject }, message));
  }

  /** Message after message, until the owner closes the queue; throws QUEUE_CLOSED if it stops for another cause. */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined> {
    for (;;) {
      const message = await this.get().catch((error: unknown) => {
        if (error === this.#end && this.#end?.cause === undefined) return null;
        throw error;
      });
      if (message === null) return;
      yield message;
    }
  }

  deliver({ position, origin, messages }: DeliveredBatch): void {
    messages.forEach((bytes, index) => {
      if (isForReader(bytes)) this.#offer({ position: (position + index) as Position, origin, bytes });
    });
    if (this.#unreadBytes > this.#options.unreadBytesMax) this.#isFull = true;
  }

  stopped(_tickets: readonly unknown[], cause: Error | null): void {
    const end = new TreplicaError('QUEUE_CLOSED', 'The queue is closed.', cause === null ? undefined : { cause });
    this.#end = end;
    this.#unread.clear();
    this.#unreadBytes = 0;
    for (let get = this.#gets.shift(); get !== undefined; get = this.#gets.shift()) get.reject(end);
  }

  /** Decoded only when a caller asks for it: a message that cannot be read is an error for that caller alone. */
  #answer({ resolve, reject }: Get, { position, origin, bytes }: Unread): void {
    let message: unknown;
    try {
      message = valueIn(bytes, position, this.#options.codec);
    } catch (error) {
      reject(error as Error);
      return;
    }
    resolve({ position, origin, message });
  }

  #offer(message: Unread): void {
    const get = this.#gets.shift();
    if (get !== undefined) {
      this.#answer(get, message);
      return;
    }
    this.#unread.push(message);
    this.#unreadBytes += costOf(message);
  }
}

function costOf({ bytes }: Unread): number {
  return bytes.length + UNREAD_HEAD_BYTES;
}
