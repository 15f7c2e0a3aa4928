/**
 * Builds the parts of the engine and joins them, each after all that it is built on. Two of them tell others, which are built
 * on them, of what happens: they are handed these when they begin, and do nothing before.
 */
import { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import type { Ledger } from '../ledger/ledger.js';
import { constants } from '../model/constants.js';
import type { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { startNumber } from '../model/start.js';
import type { QueueEvent } from '../queue/events.js';
import type { Subscribers } from '../queue/subscribers.js';
import { BODY_HEAD_BYTES } from '../sequence/batch-body.js';
import { isSound } from '../sequence/sound-batch.js';
import type { Transport } from '../transport/transport.js';
import { Attendance } from './attendance.js';
import type { AutoReplacement } from './auto-replacement.js';
import type { Base } from './base.js';
import { Batcher } from './batcher.js';
import { Delivery } from './delivery.js';
import { Driver } from './driver.js';
import { groupKeysOf } from './group-key-parts.js';
import type { GroupKeys } from './group-keys.js';
import type { ClaimedIdentity } from './identity.js';
import type { KeySource } from './key-source.js';
import { LogSupplier } from './log-supplier.js';
import { autoReplacementOf, memberChangesOf } from './member-change-parts.js';
import type { MemberChanges } from './member-changes.js';
import { eventOf } from './notice-events.js';
import type { QueueOptions } from './options.js';
import type { QueuePorts } from './ports.js';
import { restore } from './recovery/checkpoint-contents.js';
import { Recovery } from './recovery/recovery.js';
import { Standing } from './standing.js';
import { Waits } from './waits.js';
import { bodyBytesMax, itemsAMessage, votesAPromise } from './wire/sizes.js';

/** The parts of an engine. */
export interface EngineParts {
  readonly queueId: string;
  readonly options: QueueOptions;
  readonly ports: Pick<QueuePorts, 'scheduler' | 'checkpointChunkBytes' | 'votesAPromise' | 'deliveryRowsMax'>;
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly transport: Transport;
  /** Null where the group has no keys. */
  readonly keys: KeySource | null;
  readonly claimed: ClaimedIdentity;
  /** Where the local checkpoint ends; null where there is none or it is lost. */
  readonly base: Base | null;
  /** Why it is lost; null where it is not. */
  readonly loss: TreplicaError | null;
  readonly subscribers: Subscribers;
}

/** The one that runs an engine. */
export interface EngineOwner {
  /** Tells a notice of consensus; listeners have been told already. */
  noticed(notice: Notice): void;
  /** The error that makes it impossible to continue; may be told more than once. */
  failed(error: Error): void;
}

/** The parts that a queue calls. */
export interface Engine {
  readonly self: ProcessId;
  readonly core: Consensus;
  readonly ledger: Ledger;
  readonly transport: Transport;
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  readonly driver: Driver;
  readonly recovery: Recovery;
  readonly attendance: Attendance;
  readonly memberChanges: MemberChanges;
  readonly autoReplacement: AutoReplacement;
  /** Null where the group has no keys. */
  readonly keys: GroupKeys | null;
  /** Begins to work: to be called once, before anything else of the engine is. */
  begin(): void;
  /** To be called every `constants.tickMs`. */
  tick(): void;
}

/** How to tell what happens. */
type Notify = (event: QueueEvent) => void;

/** Nothing runs before `begin` of what is returned has been called. */
export function compose(parts: EngineParts, owner: EngineOwner): Engine {
  const notify: Notify = (event) => {
    parts.subscribers.tell(event);
  };
  const core = coreOf(parts);
  const batcher = batcherOf(parts, core);
  const delivery = deliveryOf(parts, batcher, owner);
  const attendance = attendanceOf(parts, core, notify);
  const driver = driverOf(parts, { core, batcher, delivery, attendance }, owner, notify);
  const recovery = recoveryOf(parts, { core, delivery, driver }, owner, notify);
  const { scheduler } = parts.ports;
  const decidedTimeMs = (): number | undefined => delivery.decidedTimeMs;
  const waits = new Waits({
    settings: parts.settings,
    core,
    batcher,
    recovery,
    decidedTimeMs,
    now: () => scheduler.now(),
    notify,
  });
  const standing = new Standing({ core, delivery, notify });
  const memberChanges = memberChangesOf(parts, core, driver);
  const autoReplacement = autoReplacementOf(parts, { core, driver, memberChanges }, notify);
  const keys = groupKeysOf(parts, core, driver, owner);
  return {
    ...{ core, batcher, delivery, driver, recovery, attendance, memberChanges, autoReplacement, keys },
    ...{ self: parts.claimed.identity.process, ledger: parts.ledger, transport: parts.transport },
    begin: () => {
      delivery.begin(recovery);
      driver.begin({ repair: recovery, keys, supplier: logSupplierOf(parts, driver, recovery) });
      if (parts.loss !== null) recovery.lostCheckpoint(parts.loss);
    },
    tick: () => {
      driver.tick();
      attendance.tick();
      waits.tick();
      standing.tick();
      memberChanges.tick();
      autoReplacement.tick();
      keys?.tick();
    },
  };
}

function coreOf({ claimed, options, ports, settings, transport }: EngineParts): Consensus {
  const { identity, past } = claimed;
  return new Consensus(
    {
      settings,
      self: identity.process,
      incarnation: identity.incarnation,
      isAdmitted: false,
      founds: identity.founds,
      observes: options.recover === true,
      replicas: options.replicas,
      mode: options.mode ?? 'adaptive',
      random: () => ports.scheduler.random(),
      // Each further part of a promise takes a round trip: it is as large as can leave at once.
      votesAPromise: ports.votesAPromise ?? votesAPromise(transport.maxBurstBytes),
      itemsAMessage: itemsAMessage(transport.maxMessageBytes),
      isSound,
      deliveryRowsMax: ports.deliveryRowsMax,
    },
    past,
  );
}

function batcherOf({ claimed, ports, settings, transport }: EngineParts, core: Consensus): Batcher {
  const { scheduler } = ports;
  return new Batcher({
    process: claimed.identity.process,
    startNumber: startNumber(claimed.start),
    since: claimed.past.watermark,
    now: () => core.stamp(scheduler.now()),
    limits: {
      ...settings,
      batchBytesMax: Math.min(settings.batchBytesMax, bodyBytesMax(transport.maxBurstBytes) - BODY_HEAD_BYTES),
      // All proposers' batches in flight must fit a receiver's buffer, because a receiver busy with a commit reads nothing.
      bytesInFlightMax: () =>
        Math.min(settings.bytesInFlightMax, transport.receiveBufferBytes / core.views.current.size),
    },
  });
}

function deliveryOf(parts: EngineParts, batcher: Batcher, owner: EngineOwner): Delivery {
  const { base, claimed, ledger, ports, settings, subscribers } = parts;
  const { scheduler, deliveryRowsMax } = ports;
  const { past } = claimed;
  return new Delivery({
    ...{ batcher, base, deliveryRowsMax },
    isAdrift: base === null && (past.start > 0 || past.verdict !== null),
    stretch: stretchOf(parts),
    read: (from, to, maxBytes) => ledger.read(from, to, maxBytes),
    catchUpBytes: settings.catchUpBytes,
    defer: (callback) => {
      scheduler.defer(callback);
    },
    restore: (checkpoint, keeper) => restore(ledger, checkpoint, keeper, scheduler),
    tell: (event) => {
      subscribers.tell(event);
    },
    fail: (error) => {
      owner.failed(error);
    },
  });
}

function stretchOf({ options }: EngineParts): { readonly bytes: number; readonly positions: number } {
  const { everyBytes, everyPositions } = options.checkpoint ?? {};
  return {
    bytes: everyBytes ?? constants.checkpointEveryBytes,
    positions: everyPositions ?? constants.checkpointEveryPositions,
  };
}

function attendanceOf({ claimed, options, settings }: EngineParts, core: Consensus, notify: Notify): Attendance {
  const { process, founds } = claimed.identity;
  return new Attendance({
    settings,
    self: process,
    replicas: options.replicas,
    founds,
    members: () => (core.views.isFounded ? core.views.latest.members : null),
    coordinates: () => core.reign !== null,
    notify,
  });
}

function driverOf(
  parts: EngineParts,
  below: { core: Consensus; batcher: Batcher; delivery: Delivery; attendance: Attendance },
  owner: EngineOwner,
  notify: Notify,
): Driver {
  const { claimed, ledger, ports, queueId, settings, transport } = parts;
  const { core, batcher, delivery, attendance } = below;
  return new Driver({
    settings,
    ...{ core, ledger, transport, batcher, delivery, queueId },
    self: claimed.identity.process,
    starts: claimed.past.starts,
    isRefuted: claimed.past.verdict !== null,
    defer: (callback) => {
      ports.scheduler.defer(callback);
    },
    now: () => ports.scheduler.now(),
    onNotice: (notice) => {
      notify(eventOf(notice));
      owner.noticed(notice);
    },
    heard: (from, message) => {
      attendance.heard(from, message);
    },
    onFacts: (process, facts) => {
      notify({ kind: 'facts-changed', process, facts });
    },
    notify,
    fail: (error) => {
      owner.failed(error);
    },
  });
}

function logSupplierOf({ ledger, settings, transport }: EngineParts, driver: Driver, repair: Recovery): LogSupplier {
  return new LogSupplier({
    settings,
    ...{ ledger, transport, repair },
    tell: (to, message) => {
      driver.tell(to, message);
    },
  });
}

function recoveryOf(
  parts: EngineParts,
  below: { core: Consensus; delivery: Delivery; driver: Driver },
  owner: EngineOwner,
  notify: Notify,
): Recovery {
  const { claimed, ledger, options, ports, queueId, settings } = parts;
  return new Recovery({
    settings,
    ...{ ...below, ledger, notify },
    self: claimed.identity.process,
    past: claimed.past,
    logMarginBytes: options.checkpoint?.logMarginBytes ?? constants.logMarginBytes,
    chunkBytes: ports.checkpointChunkBytes ?? constants.checkpointChunkBytes,
    task: { directory: options.directory, queueId, stretch: stretchOf(parts) },
    scheduler: ports.scheduler,
    fail: (error) => {
      owner.failed(error instanceof Error ? error : new Error(String(error)));
    },
  });
}
