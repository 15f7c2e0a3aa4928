import { TreplicaError } from '../model/errors.js';
import type { Position, ProcessId } from '../model/ids.js';
import { Fifo } from './fifo.js';
import type { Consumer, DeliveredBatch } from './state-holder.js';

/** What an unread message costs beyond its own bytes, about. */
const UNREAD_HEAD_BYTES = 128;

/** One message, as it comes off the queue. */
export interface QueueMessage {
  /** How many messages came before it. */
  readonly position: Position;
  /** The process that put it. */
  readonly origin: ProcessId;
  /** May be kept and must not be changed. */
  readonly message: Buffer;
}

export interface ReaderOptions {
  /** More than this makes the reader push back. */
  readonly unreadBytesMax: number;
  /** Called once the reader, after it pushed back, has been read half empty. */
  readonly resume: () => void;
}

interface Get {
  readonly resolve: (message: QueueMessage) => void;
  readonly reject: (error: Error) => void;
}

/** What a queue is bound to where its messages are read one by one, with `get()` or `for await`. */
export class Reader implements Consumer {
  readonly #options: ReaderOptions;
  readonly #unread = new Fifo<QueueMessage>();
  readonly #gets = new Fifo<Get>();
  #unreadBytes = 0;
  #full = false;
  /** Why there are no more messages; null while there may be. */
  #end: TreplicaError | null = null;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return !this.#full;
  }

  /**
   * The next message that nobody else has got; callers are served first come, first served.
   * @throws TreplicaError QUEUE_CLOSED when the queue is closed before there is one.
   */
  get(): Promise<QueueMessage> {
    if (this.#end !== null) return Promise.reject(this.#end);
    const message = this.#unread.shift();
    if (message === undefined) return new Promise((resolve, reject) => this.#gets.push({ resolve, reject }));
    this.#unreadBytes -= costOf(message);
    if (this.#full && this.#unreadBytes < this.#options.unreadBytesMax / 2) {
      this.#full = false;
      this.#options.resume();
    }
    return Promise.resolve(message);
  }

  /** Message after message, until the owner closes the queue; throws QUEUE_CLOSED where it stops for another cause. */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined> {
    for (;;) {
      const message = await this.get().catch((error: unknown) => {
        if (this.#end?.cause === undefined) return null;
        throw error;
      });
      if (message === null) return;
      yield message;
    }
  }

  deliver({ position, origin, messages }: DeliveredBatch): void {
    messages.forEach((message, index) => {
      this.#offer({ position: (position + index) as Position, origin, message });
    });
    if (this.#unreadBytes > this.#options.unreadBytesMax) this.#full = true;
  }

  stopped(_tickets: readonly unknown[], cause: Error | null): void {
    const end = new TreplicaError('QUEUE_CLOSED', 'The queue is closed.', cause === null ? undefined : { cause });
    this.#end = end;
    this.#unread.clear();
    this.#unreadBytes = 0;
    for (let get = this.#gets.shift(); get !== undefined; get = this.#gets.shift()) get.reject(end);
  }

  #offer(message: QueueMessage): void {
    const get = this.#gets.shift();
    if (get !== undefined) {
      get.resolve(message);
      return;
    }
    this.#unread.push(message);
    this.#unreadBytes += costOf(message);
  }
}

function costOf({ message }: QueueMessage): number {
  return message.length + UNREAD_HEAD_BYTES;
}
