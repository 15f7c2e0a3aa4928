import type { LedgerRecord } from '../../model/records.js';
import type { Commit } from '../records/stored-records.js';
import type { QueueTables } from './queue-tables.js';

/** A queue of a directory, as its commits are made. */
export interface CommittingQueue {
  readonly tables: QueueTables;
  /** Works out the writes of a commit, from what the queue has committed before. */
  prepare(records: readonly LedgerRecord[]): Commit;
  /** They are durable. */
  committed(commit: Commit): void;
}

/** What one queue commits; `done` is told the error if that is not known to be durable. */
export interface QueueCommit {
  readonly queue: CommittingQueue;
  readonly records: readonly LedgerRecord[];
  readonly done: (error: Error | null) => void;
}

/** Gathers the commits of the queues of a directory that come in one callback of the event loop: they share one sync. */
export class CommitGroup {
  #waiting: QueueCommit[] = [];

  /** `write` makes the commits of several queues durable together, or throws where that is not known. */
  constructor(private readonly write: (group: readonly QueueCommit[]) => void) {}

  add(commit: QueueCommit): void {
    if (this.#waiting.push(commit) > 1) return;
    process.nextTick(() => {
      this.flush();
    });
  }

  /** Makes a commit durable at once, behind those that wait. */
  addLast(commit: QueueCommit): void {
    if (this.#waiting.length > 0) {
      this.#waiting.push(commit);
      this.flush();
    } else this.#commit([commit]);
  }

  /** Returns when all that was added is durable, or has failed; also what is added meanwhile. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit(this.#waiting.splice(0, this.#groupSize));
  }

  /** How many of the first are of different queues: what a commit writes is worked out from what its queue has written before. */
  get #groupSize(): number {
    const queues = new Set<CommittingQueue>();
    for (const { queue } of this.#waiting) {
      if (queues.has(queue)) break;
      queues.add(queue);
    }
    return queues.size;
  }

  #commit(group: readonly QueueCommit[]): void {
    let failure: Error | null = null;
    try {
      this.write(group);
    } catch (error) {
      failure = error as Error;
    }
    for (const { done } of group) done(failure);
  }
}
