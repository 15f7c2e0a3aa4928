/** Lets operators reach the queues of this process: those in one directory share one socket. */
import { realpathSync } from 'node:fs';

import type { OperatedQueue, Operators } from '../paxos/operated-queue.js';
import { answerTo } from './commands.js';
import { ControlServer } from './control-server.js';

/** The queues that this process has open in one directory, and their socket. */
class ControlPoint {
  readonly #queues = new Map<OperatedQueue, (error: Error) => void>();
  readonly #opened: Promise<ControlServer>;

  constructor(directory: string) {
    this.#opened = ControlServer.open(
      directory,
      (request, signal) => answerTo([...this.#queues.keys()], request, signal),
      (error) => {
        for (const failed of this.#queues.values()) failed(error);
      },
    );
  }

  async enter(queue: OperatedQueue, failed: (error: Error) => void): Promise<ControlServer> {
    this.#queues.set(queue, failed);
    return this.#opened;
  }

  /** Returns whether that was the last queue. */
  leave(queue: OperatedQueue): boolean {
    return this.#queues.delete(queue) && this.#queues.size === 0;
  }
}

/** By the real path of the directory: what is one for the whole process, no queue can hold. */
const points = new Map<string, ControlPoint>();

/** Operators reach queues by a socket in the directory, which this process owns; it is asked for once a queue is open. */
export function operatorsIn(directory: () => string): Operators {
  return {
    enter: async (queue, failed) => {
      try {
        return await enter(realpathSync(directory()), queue, failed);
      } catch (error) {
        failed(error as Error);
        return () => undefined;
      }
    },
  };
}

async function enter(path: string, queue: OperatedQueue, failed: (error: Error) => void): Promise<() => void> {
  const point = points.get(path) ?? new ControlPoint(path);
  points.set(path, point);
  const isLast = (): boolean => {
    if (!point.leave(queue)) return false;
    points.delete(path);
    return true;
  };
  try {
    const server = await point.enter(queue, failed);
    return () => {
      if (isLast()) server.close();
    };
  } catch (error) {
    isLast();
    throw error;
  }
}
