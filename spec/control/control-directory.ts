import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';

import { operatorsIn } from '../../lib/control/operators.js';
import type { ProcessId } from '../../lib/model/ids.js';
import type { OperatedQueue } from '../../lib/paxos/operated-queue.js';
import type { PaxosStatus } from '../../lib/paxos/paxos-status.js';

export const SELF = 'aaaaaaaaaaaaaaaa' as ProcessId;
export const STATUS = {
  view: { number: 3, members: [{ process: SELF, heardMsAgo: 0 }] },
  observers: [],
  reign: null,
  stopped: null,
};

export const KEYS = { number: 1, sendingId: 2, removedUpTo: 0, processes: [] };

/** A queue whose members change when `change` says. */
export function queueOf(
  queueId: string,
  change: OperatedQueue['changeMembers'] = () => Promise.resolve(),
): OperatedQueue {
  const status = (): PaxosStatus => STATUS as unknown as PaxosStatus;
  const keys = {
    show: () => KEYS,
    use: (id: number) => Promise.reject(new Error(`key ${id}`)),
    remove: () => Promise.resolve(),
    reread: () => Promise.resolve(),
  };
  return { queueId, processId: SELF, members: [SELF], status, keys, changeMembers: change };
}

/** Where operators reach the queues of a spec. */
export class ControlDirectory {
  path = '';
  readonly #leaves: (() => void)[] = [];

  /** Each fact has one of its own, which is removed after it. */
  static forEach(): ControlDirectory {
    const directory = new ControlDirectory();
    let made = '';
    beforeEach(() => {
      made = directory.path = mkdtempSync(join(tmpdir(), 'treplica-control-'));
    });
    afterEach(() => {
      for (const leave of directory.#leaves.splice(0)) leave();
      rmSync(made, { recursive: true, force: true });
    });
    return directory;
  }

  /** Returns how the queue leaves again. */
  async enter(queue: OperatedQueue, at = this.path): Promise<() => void> {
    const failures: Error[] = [];
    const leave = await operatorsIn(() => at).enter(queue, (error) => failures.push(error));
    expect(failures).toEqual([]);
    this.#leaves.push(leave);
    return leave;
  }

  peer(): Socket {
    return connect(join(this.path, 'control.sock'));
  }
}
