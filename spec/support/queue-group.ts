import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

import {
  AsynchronousPersistentQueue,
  type Position,
  type Queue,
  type QueueMessage,
  type QueueOptions,
} from '../../lib/index.js';
import { newQueueId } from './udp-testbed.js';

/** Says nothing, whatever happens. */
export const silent = pino({ level: 'silent' });

/** A message that was put, and where. */
export interface Put {
  readonly text: string;
  readonly position: Position;
}

/** The replicas of one queue, all in this process: real datagrams on loopback, real ledgers in a temporary directory. */
export class QueueGroup {
  readonly queues: AsynchronousPersistentQueue[] = [];

  private constructor(
    readonly queueId: string,
    readonly directory: string,
    readonly options: Omit<QueueOptions, 'directory'>,
    readonly optionsOf: (index: number) => Partial<QueueOptions>,
  ) {}

  /** Opened and founded. The replicas of a group beside another keep their ledgers in the same directories. `optionsOf` are those of one. */
  static async open(
    n: number,
    options: Partial<QueueOptions> = {},
    beside?: QueueGroup,
    optionsOf: (index: number) => Partial<QueueOptions> = () => ({}),
    queueId?: string,
  ): Promise<QueueGroup> {
    const directory = beside?.directory ?? (await mkdtemp(join(tmpdir(), 'treplica-queues-')));
    const group = new QueueGroup(
      queueId ?? (await newQueueId()),
      directory,
      { replicas: n, log: silent, ...options },
      optionsOf,
    );
    await group.reopen();
    return group;
  }

  /** Opens all replicas, or those with these indices. */
  async reopen(
    indices: readonly number[] = Array.from({ length: this.options.replicas }, (_, i) => i),
    options: Partial<QueueOptions> = {},
  ): Promise<void> {
    await Promise.all(
      indices.map(async (i) => {
        this.queues[i] = await AsynchronousPersistentQueue.create(this.queueId, {
          ...this.options,
          ...this.optionsOf(i),
          ...options,
          directory: this.directoryOf(i),
        });
      }),
    );
  }

  directoryOf(index: number): string {
    return join(this.directory, String(index + 1));
  }

  queue(index: number): AsynchronousPersistentQueue {
    const queue = this.queues[index];
    if (queue === undefined) throw new Error(`there is no queue ${index}`);
    return queue;
  }

  async close(...indices: readonly number[]): Promise<void> {
    await Promise.all(indices.map((index) => this.queue(index).close()));
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  /** Closes everything and leaves nothing behind. */
  async remove(): Promise<void> {
    await this.closeAll();
    await rm(this.directory, { recursive: true, force: true });
  }

  async put(index: number, text: string): Promise<Put> {
    return { text, position: await this.queue(index).put(Buffer.from(text)) };
  }
}

/** The next `count` messages of a queue. */
export async function take(queue: Queue, count: number): Promise<QueueMessage[]> {
  const messages: QueueMessage[] = [];
  while (messages.length < count) messages.push(await queue.get());
  return messages;
}

export async function takeTexts(queue: Queue, count: number): Promise<string[]> {
  return (await take(queue, count)).map(({ message }) => String(message));
}

/** What the promise is rejected with, which it has to be. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return promise.then(
    (value) => {
      throw new Error(`was not rejected, but resolved with ${String(value)}`);
    },
    (error: unknown) => error as Error,
  );
}
