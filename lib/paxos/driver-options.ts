import type { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Facts } from '../model/facts.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { StartsRecord } from '../model/start.js';
import type { QueueEventOf } from '../queue/events.js';
import type { Transport } from '../transport/transport.js';
import type { Batcher } from './batcher.js';
import type { Delivery } from './delivery.js';
import type { WireMessage } from './wire/routes.js';

export interface DriverOptions {
  readonly settings: Settings;
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly transport: Transport;
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  readonly queueId: string;
  readonly self: ProcessId;
  /** The starts in the ledger, the present one included. */
  readonly starts: StartsRecord;
  readonly defer: (callback: () => void) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onNotice: (notice: Notice) => void;
  /** A message of this process's group, or of one that belongs to none. */
  readonly heard: (from: ProcessId, message: WireMessage) => void;
  /** The known facts of a process have changed; null if they are no longer valid. */
  readonly onFacts: (process: ProcessId, facts: Facts | null) => void;
  /**
   * Told of observers, of members whose directory was copied or put back, and of what counts for nothing: another group that
   * uses the same address, once for each, and malformed messages.
   */
  readonly notify: (
    event: QueueEventOf<'observer' | 'observer-gone' | 'cloned' | 'foreign-group' | 'malformed'>,
  ) => void;
  /** Whether the ledger says that the state here has been refuted, until another process's takes its place. */
  readonly isRefuted: boolean;
  /** Called once with the error that makes it impossible to continue. */
  readonly fail: (error: Error) => void;
}
