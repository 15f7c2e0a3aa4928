/** Builds the part of an engine that changes the keys. */
import type { Consensus } from '../consensus/consensus.js';
import type { Settings } from '../model/settings.js';
import { startNumber } from '../model/start.js';
import type { Subscribers } from '../queue/subscribers.js';
import { EVERYONE, type Transport } from '../transport/transport.js';
import type { Driver } from './driver.js';
import { GroupKeys } from './group-keys.js';
import type { ClaimedIdentity } from './identity.js';
import type { KeySource } from './key-source.js';

/** What it is made of. */
interface Parts {
  readonly keys: KeySource | null;
  readonly claimed: ClaimedIdentity;
  readonly settings: Settings;
  readonly subscribers: Subscribers;
  readonly transport: Transport;
}

/** Null where the group has no keys. */
export function groupKeysOf(
  { claimed, keys: source, settings, subscribers, transport }: Parts,
  core: Consensus,
  driver: Driver,
  owner: { failed(error: Error): void },
): GroupKeys | null {
  if (source === null) return null;
  return new GroupKeys({
    ...{ core, settings, source, transport },
    self: claimed.identity.process,
    startNumber: startNumber(claimed.start),
    members: () => [...new Set(core.views.undecided.flatMap(({ members }) => members))],
    observers: () => driver.peers.observers.list().map(({ process }) => process),
    read: (waiter) => driver.read(waiter),
    propose: (batch) => {
      driver.propose(batch);
    },
    tell: (message) => {
      driver.tell(EVERYONE, message);
    },
    notify: (event) => {
      subscribers.tell(event);
    },
    fail: (error) => {
      owner.failed(error);
    },
  });
}
