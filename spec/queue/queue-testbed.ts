import type { QueueEvent } from '../../lib/queue/events.js';
import type { Queue } from '../../lib/queue/queue.js';
import { KeptTexts } from '../support/kept-texts.js';

/** The queues of one group, and what may happen to the processes that they stand for. */
export interface QueueTestbed {
  /** By process; another object once a process has been reopened. */
  readonly queues: readonly Queue[];
  /** What each process's queues have told since the first was opened; a listener is given to each at its opening. */
  readonly told: readonly (readonly QueueEvent[])[];
  /** Closes the queues of these processes. */
  stop(...indices: readonly number[]): Promise<void>;
  /** Ends these processes in the midst of everything: nobody is told anything, and what is not durable is lost. */
  kill(...indices: readonly number[]): Promise<void>;
  /** Starts processes again that have been stopped or killed. */
  reopen(...indices: readonly number[]): Promise<void>;
  /** From now on nothing that is put at this process is ordered. */
  strand(index: number): Promise<void>;
  /** Closes everything and leaves nothing behind. */
  remove(): Promise<void>;
}

/** What an implementation may be unable to show. */
export type Ability = 'durability' | 'kill';

export interface QueueTraits {
  /** A group of so many processes, founded. */
  readonly open: (n: number) => Promise<QueueTestbed>;
  /** Why the facts that need an ability are not shown. Default: all are. */
  readonly notShown?: Readonly<Partial<Record<Ability, string>>>;
}

export async function bindAll({ queues }: QueueTestbed): Promise<KeptTexts[]> {
  return Promise.all(
    queues.map(async (queue) => {
      const holder = new KeptTexts();
      await queue.bind(holder);
      return holder;
    }),
  );
}
