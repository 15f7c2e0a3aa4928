/**
 * The engine's knowledge of the other processes beside consensus: which of their starts it hears, the facts that they publish,
 * and which of them take part without a vote.
 */
import type { Effects } from '../consensus/effects.js';
import type { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import { EVERYONE } from '../transport/transport.js';
import { Clones } from './clones.js';
import type { DriverOptions } from './driver-options.js';
import { FactsExchange } from './facts-exchange.js';
import { votesLost } from './identity.js';
import { Observers } from './observers.js';
import { Starts } from './starts.js';
import type { WireMessage } from './wire/routes.js';

/** The services of the driver that they need. */
interface PeersDriver {
  tell(to: ProcessId | typeof EVERYONE, message: WireMessage): void;
  write(records: () => readonly LedgerRecord[], done: (error: Error | null) => void): void;
  stopWith(record: LedgerRecord, cause: TreplicaError): void;
  wake(): void;
}

/** The transport is told as often which processes are needed. */
const KEEP_TICKS = 100;

export class Peers {
  readonly #options: DriverOptions;
  #ticks = 0;
  readonly starts: Starts;
  readonly facts: FactsExchange;
  readonly observers: Observers;

  constructor(options: DriverOptions, driver: PeersDriver) {
    this.#options = options;
    this.starts = startsOf(options, driver);
    this.facts = factsOf(options, driver);
    this.observers = observersOf(options, driver);
  }

  tick(): void {
    this.starts.tick();
    this.facts.tick();
    this.observers.tick();
    this.#ticks += 1;
    if (this.#ticks % KEEP_TICKS === 0) this.#keepMembers();
  }

  /** What consensus has learnt, before anything follows from it. */
  learn({ notices, decided }: Pick<Effects, 'notices' | 'decided'>): void {
    for (const notice of notices) {
      if (notice.kind === 'votes-lost') this.starts.lose();
      else if (notice.kind === 'view') this.starts.changed(notice.record.view);
    }
    for (const { batch } of decided) this.starts.decided(batch.id);
  }

  /** However long they are silent: without them nothing is decided, and nobody else may know where they are. */
  #keepMembers(): void {
    const { core, transport } = this.#options;
    const { undecided, told } = core.views;
    transport.keep([...undecided, ...(told === null ? [] : [told])].flatMap(({ members }) => members));
  }
}

function observersOf({ core, self, transport, now, notify }: DriverOptions, driver: PeersDriver): Observers {
  return new Observers({
    ...{ core, self, transport, now, notify },
    tell: (message) => {
      driver.tell(EVERYONE, message);
    },
  });
}

function factsOf({ core, settings, self, onFacts }: DriverOptions, driver: PeersDriver): FactsExchange {
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

function startsOf(options: DriverOptions, driver: PeersDriver): Starts {
  const { core, settings, self, starts, queueId, transport, notify } = options;
  return new Starts({
    settings,
    clones: new Clones({ transport, notify }),
    roundTrips: core.roundTrips,
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
