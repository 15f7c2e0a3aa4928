import { constants } from '../model/constants.js';
import type { LedgerSnapshot } from '../model/records.js';
import { DeliveryTable } from '../sequence/delivery-table.js';
import { Acceptor } from './acceptor.js';
import { BatchPool } from './batch-pool.js';
import { CatchUp } from './catch-up.js';
import type { ConsensusOptions } from './consensus-options.js';
import { Coordinator } from './coordinator.js';
import { Credibility } from './credibility.js';
import { Fetcher } from './fetcher.js';
import { GroupClock } from './group-clock.js';
import { InstanceLog } from './instance-log.js';
import { KeyStates } from './key-states.js';
import { Leadership } from './leadership.js';
import { Learner } from './learner.js';
import { Completion } from './membership/completion.js';
import { FoundingRole } from './membership/founding.js';
import { Views } from './membership/views.js';
import { MissingBatches } from './missing-batches.js';
import { Outbox } from './outbox.js';
import { Proposer } from './proposer.js';
import { Reads } from './reads.js';
import { Refusals } from './refusals.js';
import { RoundTrips } from './round-trips.js';
import type { Shared } from './shared.js';

/** The roles of one process, and the data that they share. */
export interface Roles {
  readonly shared: Shared;
  readonly founding: FoundingRole;
  readonly fetcher: Fetcher;
  readonly acceptor: Acceptor;
  readonly proposer: Proposer;
  readonly coordinator: Coordinator;
  readonly reads: Reads;
  readonly learner: Learner;
  readonly catchUp: CatchUp;
  readonly missing: MissingBatches;
  readonly leadership: Leadership;
  readonly credibility: Credibility;
}

/** Builds the roles of a process with this past: each after those that it knows of. */
export function composeRoles(options: ConsensusOptions, past: LedgerSnapshot): Roles {
  const shared = sharedOf(options, past);
  const founding = new FoundingRole(shared, options, past);
  const fetcher = new Fetcher(shared);
  const acceptor = new Acceptor(shared, fetcher, past.promise);
  const proposer = new Proposer(shared);
  const coordinator = new Coordinator(shared, acceptor);
  const reads = new Reads(shared, options.incarnation);
  const learner = new Learner(shared, fetcher, (instance, id, hasNewView) => {
    // First of all: nothing more is proposed in a reign that does not know the view.
    if (hasNewView) leadership.onView();
    // Everything before the latest view is decided: the change is complete once enough members hold it durably.
    if (instance + 1 === shared.views.latestFrom) shared.outbox.writeWatermark();
    proposer.onDecided(instance, id);
    coordinator.onDecided(instance, id);
    reads.onAdvance();
  });
  const catchUp = new CatchUp(shared, (id) => fetcher.isComing(id));
  const missing = new MissingBatches(shared, fetcher);
  const leadership = new Leadership(shared, coordinator, {
    mode: options.mode,
    random: options.random,
    promised: past.promise,
    isFarBehind: () => catchUp.isFarBehind,
    isDeaf: () => missing.isDeaf,
    promisedReign: () => acceptor.promisedReign,
    hasPromisedAbove: (ballot) => acceptor.hasPromisedAbove(ballot),
    onReign: (ballot) => {
      proposer.onReign(ballot);
      if (ballot.coordinator === shared.self) missing.begin();
    },
  });
  const credibility = new Credibility(shared, leadership);
  return {
    shared,
    founding,
    fetcher,
    acceptor,
    proposer,
    coordinator,
    reads,
    learner,
    catchUp,
    missing,
    leadership,
    credibility,
  };
}

function sharedOf(options: ConsensusOptions, past: LedgerSnapshot): Shared {
  const { self, settings, isSound, isAdmitted } = options;
  const outbox = new Outbox(self, options.itemsAMessage);
  const log = new InstanceLog(past.watermark, past.entries, settings);
  const views = new Views(past, log);
  return {
    self,
    settings,
    views,
    keys: new KeyStates(past.keys, outbox),
    completion: new Completion(views, outbox),
    right: { isAdmitted },
    log,
    pool: new BatchPool(settings),
    outbox,
    refusals: new Refusals(outbox, settings),
    isSound,
    clock: new GroupClock(self, past.views.length > 0, settings),
    roundTrips: new RoundTrips(self, settings),
    // Earlier deliveries are not known, except if nothing was decided.
    delivered: past.watermark === 0 ? new DeliveryTable(undefined, options.deliveryRowsMax) : null,
    votesAPromise: options.votesAPromise ?? constants.votesAPromise,
  };
}
