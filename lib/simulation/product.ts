import { pino } from 'pino';

import type { Mode } from '../consensus/mode.js';
import type { StateMachine } from '../machine/state-machine.js';
import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { QueueOptions } from '../paxos/options.js';
import { PaxosQueue } from '../paxos/paxos-queue.js';
import type { CheckpointOptions } from '../queue/checkpoint-options.js';
import type { QueueListener } from '../queue/events.js';
import * as codec from '../serialization/codec.js';
import type { MemoryNetwork } from '../transport/memory/memory-network.js';
import { keyOf } from './key-file.js';
import type { Life } from './life.js';
import type { Owner } from './owner.js';
import { WatchedLedger, watchedReceiver, WatchedTransport } from './ports.js';
import type { Scene } from './scene.js';

/** The simulation hears of everything by events. */
const SILENT = pino({ level: 'silent' });

/** Each process has a file of this name, on a machine of its own. */
const KEY_FILE = '/keys';
const READING_US = 200;

/** So few that promises mostly come in parts. */
const VOTES_A_PROMISE = 3;

/** A life of a process that opens the product's queue. */
export interface Opening<S extends StateMachine> extends Owner<S> {
  readonly life: Life<S>;
  readonly network: MemoryNetwork;
  readonly mode: Mode;
  /** Told what the queue tells, while the process lives. */
  readonly listener: QueueListener;
  /** The product gives up what is on the disk. Returns where that is kept. */
  readonly setLedgerAside: () => string;
  readonly hasSetAside: () => boolean;
  /** Its founding has failed, and the process has taken another id. */
  readonly isRenamed: (id: ProcessId) => void;
}

/** Opens the product's queue, as it is, on the watched ports of a process. Rejects with what the product rejects with. */
export function openQueue<S extends StateMachine>(opening: Opening<S>): Promise<PaxosQueue> {
  const { stage, watch, process, life, network } = opening;
  const { queueId, checkpoint, deliveryRowsMax, maxDatagramBytes = constants.datagramBytesOnLoopback } = stage.scene;
  return PaxosQueue.open(queueId, optionsOf(opening), {
    openLedger: () => new WatchedLedger(process.disk.open(queueId), opening),
    votesAPromise: VOTES_A_PROMISE,
    setLedgerAside: opening.setLedgerAside,
    hasSetAside: opening.hasSetAside,
    openTransport: async (self, start, receiver, log, keys) => {
      // It died while it was opening, perhaps with its disk: nothing of that life goes on.
      if (!life.isAlive) return new Promise(() => undefined);
      if (self !== process.id) opening.isRenamed(self);
      watch.opens(process, self);
      const watched = watchedReceiver(opening, receiver);
      const inner = network.open({ queueId, self, start, receiver: watched, log, keys, maxDatagramBytes });
      life.transport = inner;
      return new WatchedTransport(inner, opening, start);
    },
    readKeyFile: async (path) => {
      await life.later(READING_US);
      return process.keyFile.read(path);
    },
    scheduler: life.scheduler(),
    codec,
    checkpointChunkBytes: checkpoint?.chunkBytes,
    deliveryRowsMax,
  });
}

function optionsOf<S extends StateMachine>({ stage, process, life, mode, listener }: Opening<S>): QueueOptions {
  const { replicas, checkpoint, limits = [{}], keys, autoReplaceMs } = stage.scene;
  return {
    ...(keys === undefined ? {} : { keys: keys === 'one' ? [keyOf(1)] : KEY_FILE }),
    directory: process.name,
    replicas,
    mode,
    recover: process.recovers,
    ...(autoReplaceMs === undefined ? {} : { autoReplace: { afterMs: autoReplaceMs } }),
    log: SILENT,
    listener: (event) => {
      if (life.isAlive) listener(event);
    },
    checkpoint: measuresOf(checkpoint),
    limits: limits[process.index % limits.length] ?? {},
  };
}

function measuresOf(checkpoint: Scene<StateMachine>['checkpoint']): CheckpointOptions {
  if (checkpoint === undefined) return {};
  const { everyBytes, everyPositions, logMarginBytes } = checkpoint;
  return { everyBytes, everyPositions, logMarginBytes };
}
