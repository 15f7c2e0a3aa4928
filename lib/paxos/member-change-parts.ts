/** Builds the parts of an engine that change the members. */
import type { Consensus } from '../consensus/consensus.js';
import type { Settings } from '../model/settings.js';
import { startNumber } from '../model/start.js';
import type { QueueEvent } from '../queue/events.js';
import type { Transport } from '../transport/transport.js';
import { AutoReplacement } from './auto-replacement.js';
import type { Driver } from './driver.js';
import type { ClaimedIdentity } from './identity.js';
import { MemberChanges } from './member-changes.js';
import type { QueueOptions } from './options.js';

/** What they are made of. */
interface Parts {
  readonly claimed: ClaimedIdentity;
  readonly options: QueueOptions;
  readonly settings: Settings;
  readonly transport: Transport;
}

export function memberChangesOf(
  { claimed, settings, transport }: Parts,
  core: Consensus,
  driver: Driver,
): MemberChanges {
  return new MemberChanges({
    ...{ core, transport },
    self: claimed.identity.process,
    startNumber: startNumber(claimed.start),
    observers: driver.peers.observers,
    // As many as one round of catching up brings.
    lagMax: settings.windowInstances,
    read: (waiter) => driver.read(waiter),
    propose: (batch) => {
      driver.propose(batch);
    },
  });
}

export function autoReplacementOf(
  { claimed, options, settings, transport }: Parts,
  below: { core: Consensus; driver: Driver; memberChanges: MemberChanges },
  notify: (event: QueueEvent) => void,
): AutoReplacement {
  const { core, driver, memberChanges } = below;
  return new AutoReplacement({
    ...{ core, transport, memberChanges, notify },
    self: claimed.identity.process,
    autoReplace: options.autoReplace ?? null,
    observers: driver.peers.observers,
    lagMax: settings.windowInstances,
  });
}
