/** The operators of a machine, as a queue sees them: they look at it, and change its group, while it works. */
import type { ProcessId } from '../model/ids.js';
import type { KeysReport } from './group-keys.js';
import type { KeyChangeOptions } from './key-changes.js';
import type { ChangeOptions, MembersChange } from './member-changes.js';
import type { PaxosStatus } from './paxos-status.js';

/** The keys of a group. */
export interface OperatedKeys {
  /** Which process holds which keys, as far as they have said so. */
  show(): KeysReport;
  /**
   * Has all processes send with the key `id`, which each has in its file of keys or its list by now. Resolves when that is decided;
   * the others follow as they learn it. The file of this process is read again before.
   * @throws TreplicaError NO_KEY where the group has none; INVALID_OPTION for a key that is used or removed; KEY_MISSING if a process
   * that is heard lacks it (see `options.force`); KEYS_CHANGED if another change came first: then nothing was changed.
   * UNKNOWN_OUTCOME if the wait ends after the change was proposed; before that the signal's reason or QUEUE_CLOSED.
   */
  use(id: number, options?: KeyChangeOptions): Promise<void>;
  /**
   * Removes the key `id` and all with lower ids, for good: nothing that is sealed with one of them is heard any more. Resolves
   * when that is decided; the others follow as they learn it.
   * @throws TreplicaError as `use`, and KEY_IN_USE if a member, or another process that is heard, has not been heard to send with
   * the key in its place (see `options.force`).
   */
  remove(id: number, options?: KeyChangeOptions): Promise<void>;
  /** Reads the file of keys again. Does nothing where the keys are no file. */
  reread(): Promise<void>;
}

/** What operators use of a queue. */
export interface OperatedQueue {
  readonly queueId: string;
  readonly processId: ProcessId;
  readonly members: readonly ProcessId[];
  status(): PaxosStatus;
  readonly keys: OperatedKeys;
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
