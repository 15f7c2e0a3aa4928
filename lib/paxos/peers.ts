/**
 * The engine's knowledge of the other processes beside consensus: which of their starts it hears, and the facts that they
 * publish.
 */
import type { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import { EVERYONE } from '../transport/transport.js';
import type { DriverOptions } from './driver-options.js';
import { FactsExchange } from './facts-exchange.js';
import { votesLost } from './identity.js';
import { Starts } from './starts.js';
import type { WireMessage } from './wire/routes.js';

/** The services of the driver that they need. */
interface PeersDriver {
  tell(to: ProcessId | typeof EVERYONE, message: WireMessage): void;
  write(records: () => readonly LedgerRecord[], done: (error: Error | null) => void): void;
  stopWith(record: LedgerRecord, cause: TreplicaError): void;
  wake(): void;
}

export function factsOf({ core, settings, self, onFacts }: DriverOptions, driver: PeersDriver): FactsExchange {
  return new FactsExchange({
    settings,
    self,
    members: () => (core.views.isFounded ? core.views.latest.members : null),
    tell: (message) => {
      driver.tell(EVERYONE, message);
    },
    changed: onFacts,
  });
}

export function startsOf({ core, settings, self, starts, queueId }: DriverOptions, driver: PeersDriver): Starts {
  return new Starts({
    settings,
    self,
    past: starts,
    views: () => core.views.undecided,
    mayCount: (process) => core.mayCount(process),
    send: (to, message) => {
      driver.tell(to, message);
    },
    write: (recordOf, done) => {
      const records = (): LedgerRecord[] => {
        const record = recordOf();
        return record === null ? [] : [{ kind: 'starts', starts: record }];
      };
      driver.write(records, (error) => {
        if (error === null) done();
      });
    },
    admitted: () => {
      core.step({ kind: 'admitted' });
      driver.wake();
    },
    lost: (record) => {
      driver.stopWith({ kind: 'starts', starts: record }, votesLost(self, queueId));
    },
  });
}
