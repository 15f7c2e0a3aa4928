import type { Commit } from '../records/stored-records.js';
import type { QueueTables } from './queue-tables.js';

/** The commit of one queue. */
export interface QueueCommit {
  readonly tables: QueueTables;
  /** Works out its writes. */
  readonly prepare: () => Commit;
  /** It is durable. */
  readonly done: (commit: Commit) => void;
  /** It is not known to be durable. */
  readonly failed: (error: Error) => void;
}

/** Gathers the commits of the queues of a directory that come in one callback of the event loop: they share one sync. */
export class CommitGroup {
  #waiting: QueueCommit[] = [];

  constructor(private readonly commit: (group: readonly QueueCommit[]) => readonly Commit[]) {}

  add(commit: QueueCommit): void {
    if (this.#waiting.push(commit) > 1) return;
    process.nextTick(() => {
      this.flush();
    });
  }

  /** Makes a commit durable at once, along with those that wait. */
  addLast(commit: QueueCommit): void {
    this.#waiting.push(commit);
    this.flush();
  }

  /** Returns when all that was added is durable, or has failed; also what is added meanwhile. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit(this.#waiting.splice(0, this.#groupSize));
  }

  /** How many of the first are of different queues: what a commit writes is worked out from what its queue has written before. */
  get #groupSize(): number {
    const queues = new Set<QueueTables>();
    for (const { tables } of this.#waiting) {
      if (queues.has(tables)) break;
      queues.add(tables);
    }
    return queues.size;
  }

  #commit(group: readonly QueueCommit[]): void {
    let commits: readonly Commit[];
    try {
      commits = this.commit(group);
    } catch (error) {
      for (const { failed } of group) failed(error as Error);
      return;
    }
    for (const [i, commit] of commits.entries()) group[i]?.done(commit);
  }
}
