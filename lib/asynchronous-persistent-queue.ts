import { operatorsIn } from './control/operators.js';
import type { ChangeOptions, MembersChange } from './paxos/member-changes.js';
import type { OperatedKeys } from './paxos/operated-queue.js';
import type { QueueOptions } from './paxos/options.js';
import { PaxosQueue } from './paxos/paxos-queue.js';
import type { ObserverStatus, PaxosStatus } from './paxos/paxos-status.js';
import { realPorts } from './paxos/ports.js';
import type { Queue } from './queue/queue.js';
import { decode, encode } from './serialization/codec.js';

/** The same ordered, durable list of messages at every process of a group, whichever processes crash and restart. */
export interface AsynchronousPersistentQueue extends Queue {
  status(): PaxosStatus;
  /** The ids of the members of the group, ascending: those of the latest view that this process knows. */
  readonly members: readonly string[];
  /**
   * The processes that take part without a vote, this one included where it is one, as far as they have been heard within the
   * last 5 s; the longest known first. What each lacks is as old as that, and so may be what `changeMembers` judges it by.
   */
  readonly observers: readonly ObserverStatus[];
  /**
   * Changes the members while the group works: several may be added and removed at once, also this process; any process of the
   * group may ask, also one without a vote. Only an observer that is level can be added: see `observers`, and `recover`. Resolves
   * when the change is complete: the new members hold everything that was decided before, and those removed may be switched off,
   * for good. Changes that are asked for here are made one after the other, each judged by the members that the group has when
   * its turn comes. Without a majority it waits until there is one again, or until `options.signal` ends the wait.
   * @throws TreplicaError before anything has happened: INVALID_OPTION; NOT_LEVEL if a process that is added is not heard as an
   * observer or lags, and NO_MAJORITY if too few of the new members are heard (see `options.force`). MEMBERS_CHANGED if another
   * change came first, and then nothing was changed. UNKNOWN_OUTCOME if the wait ends, by `options.signal` or because the queue
   * stops, after the change was proposed; before that the signal's reason or QUEUE_CLOSED.
   */
  changeMembers(change: MembersChange, options?: ChangeOptions): Promise<void>;
  /** The keys of the group, which can be changed while it works. */
  readonly keys: OperatedKeys;
}

/** Opens queues. The engine, which knows only bytes and no operators, gets the codec of values and the way to operators here. */
export const AsynchronousPersistentQueue = {
  /**
   * Opens the queue `queueId`: a multicast address and port such as `'239.255.0.1:7400'` or, with the option `listen`, any name
   * of 1 to 100 letters, digits and signs out of `._:/@+-`, such as `'auctions'`. A member of the group resumes where it was; processes without a group found one as soon as `replicas` of them have met. A further process waits until `signal`
   * aborts, and says so in its log; with `recover: true` it joins without a vote.
   * @throws TreplicaError INVALID_OPTION, NOT_MULTICAST, NO_KEY, PORT_IN_USE, NETWORK, DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE,
   * LEDGER_DAMAGED, LEDGER_VERSION, LEDGER_FAILED, VOTES_LOST, QUEUE_MISMATCH, REPLICAS_MISMATCH, BACKUP_MISMATCH; each names
   * the thing and the remedy.
   */
  create(queueId: string, options: QueueOptions): Promise<AsynchronousPersistentQueue> {
    const ports = realPorts(queueId, options, { encode, decode });
    return PaxosQueue.open(queueId, options, { ...ports, operators: operatorsIn(() => options.directory) });
  },
};
