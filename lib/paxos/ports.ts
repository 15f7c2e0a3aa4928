import { hasSetAside, openLmdbLedger, setLedgerAside } from '../ledger/open.js';
import type { ProcessId } from '../model/ids.js';
import type { Start } from '../model/start.js';
import type { MessageCodec } from '../queue/message-values.js';
import type { KeyRing } from '../transport/frame/key-ring.js';
import type { Receiver, Transport, TransportLog } from '../transport/transport.js';
import { parseRendezvous } from '../transport/udp/rendezvous.js';
import { openUdpTransport } from '../transport/udp/udp-transport.js';
import type { KeyFile } from './keys.js';
import type { LedgerPorts } from './opening.js';
import type { Operators } from './operated-queue.js';
import type { QueueOptions } from './options.js';
import { realScheduler, type Scheduler } from './scheduler.js';

/** The ports of a queue. */
export interface QueuePorts extends LedgerPorts {
  readonly openTransport: (
    self: ProcessId,
    start: Start,
    receiver: Receiver,
    log: TransportLog,
    keys: KeyRing | null,
  ) => Promise<Transport>;
  readonly scheduler: Scheduler;
  /** The codec of the values that `put` gets, except bytes. */
  readonly codec: MessageCodec;
  /** Reads the file of keys at a path, at the start and again while the process runs. Default: `readKeyFile`. */
  readonly readKeyFile?: ((path: string) => Promise<KeyFile>) | undefined;
  /** Default: operators do not reach the queue. */
  readonly operators?: Operators | undefined;
  /** A chunk of a checkpoint, in bytes. Default: `constants.checkpointChunkBytes`. */
  readonly checkpointChunkBytes?: number | undefined;
  /** Votes that one message of phase 1 reports. Default: as many as leave as datagrams at once. */
  readonly votesAPromise?: number | undefined;
  /** Processes that the table of delivered batches knows, the same at all of a group. Default: `constants.deliveryRowsMax`. */
  readonly deliveryRowsMax?: number | undefined;
}

/** Those of production, of options that are checked by the time that they are opened: a ledger in LMDB, datagrams and connections over UDP and TCP, this machine's clock. */
export function realPorts(queueId: string, options: QueueOptions, codec: MessageCodec): QueuePorts {
  return {
    openLedger: () => {
      // A text that is no queue id must not become a name in a ledger that other queues share.
      parseRendezvous(queueId, options);
      return openLmdbLedger(options.directory, queueId, options.newQueue === true);
    },
    setLedgerAside: () => setLedgerAside(options.directory),
    hasSetAside: () => hasSetAside(options.directory),
    openTransport: (self, start, receiver, log, keys) => {
      const { networkInterface, port, listen, peers, insecure, maxDatagramBytes } = options;
      const where = { networkInterface, port, listen, peers, insecure, maxDatagramBytes };
      return openUdpTransport({ queueId, self, start, receiver, log, keys, ...where });
    },
    scheduler: realScheduler,
    codec,
  };
}
