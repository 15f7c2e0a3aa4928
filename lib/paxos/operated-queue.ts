/** The operators of a machine, as a queue sees them: they look at it, and change its group, while it works. */
import type { ProcessId } from '../model/ids.js';
import type { ChangeOptions, MembersChange } from './member-changes.js';
import type { PaxosStatus } from './paxos-status.js';

/** What operators use of a queue. */
export interface OperatedQueue {
  readonly queueId: string;
  readonly processId: ProcessId;
  readonly members: readonly ProcessId[];
  status(): PaxosStatus;
  changeMembers(change: MembersChange, options?: ChangeOptions): Promise<void>;
}

/** Where operators reach queues. */
export interface Operators {
  /**
   * Operators reach the queue from when this resolves until the returned function is called. Does not reject: a queue works
   * without operators too, and `failed` is told why they do not reach it.
   */
  enter(queue: OperatedQueue, failed: (error: Error) => void): Promise<() => void>;
}
