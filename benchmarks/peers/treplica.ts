import { setTimeout as sleep } from 'node:timers/promises';

import { underLoad, windows, withGroup } from '../group.js';
import { type Contender, NODES } from './contender.js';

/** Ourselves, as the application has it: callers are in the replica's process. */
export const treplica: Contender = {
  name: 'treplica',
  durable: true,
  guarantee: 'a quorum has it on disk, and the replica that was asked has executed it',
  with: (setup, work) =>
    withGroup({ ...setup, replicas: NODES }, (group) =>
      work({
        system: 'treplica',
        client: 'in the replica',
        mode: setup.mode,
        measure: async ({ callers, proposers: count }, { warmUpSeconds, seconds }) => {
          const proposers = group.slice(0, count);
          const measured = await underLoad(proposers, { kind: 'closed', callers }, async () => {
            await sleep(1000 * warmUpSeconds);
            await windows(proposers);
            await sleep(1000 * seconds);
            return windows(proposers);
          });
          return measured.map((window) => ({ ...window, failed: 0, failure: '' }));
        },
      }),
    ),
};
