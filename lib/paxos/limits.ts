/** The limits that an application may give to `create`, and the settings that they make. */
import { constants } from '../model/constants.js';
import { aWholeNumber, checkOptions, invalidOption, type OptionKind, type OptionKinds } from '../model/options.js';
import { defaults, type Settings } from '../model/settings.js';
import { BODY_HEAD_BYTES } from '../sequence/batch-body.js';
import type { QueueLimits } from './queue-limits.js';

type LimitName = keyof QueueLimits;

interface Limit {
  readonly setting: keyof Settings;
  readonly unit: string;
  /** Smallest and largest value, in the unit of the limit. */
  readonly min: number;
  readonly max: number;
}

/** A batch that is decided out of turn is void where there is no room to hold it: no proposer may have more in flight. */
const IN_FLIGHT_BYTES_MAX = constants.heldBytesMax - constants.heldBatchesMax * BODY_HEAD_BYTES;

/** Every limit. Nothing is one that would break safety, or the common order, where processes differ in it. */
export const LIMITS: Readonly<Record<LimitName, Limit>> = {
  heartbeatMs: { setting: 'heartbeatTicks', unit: 'milliseconds', min: 10, max: 10_000 },
  silenceMs: { setting: 'silenceTicks', unit: 'milliseconds', min: 40, max: 600_000 },
  canvassMs: { setting: 'canvassTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  refusalsToldMs: { setting: 'refusalsToldTicks', unit: 'milliseconds', min: 10, max: 3_600_000 },
  prepareMs: { setting: 'prepareTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  preparePatienceMs: { setting: 'preparePatienceTicks', unit: 'milliseconds', min: 100, max: 600_000 },
  deafMs: { setting: 'deafTicks', unit: 'milliseconds', min: 100, max: 600_000 },
  patienceMsMax: { setting: 'patienceTicksMax', unit: 'milliseconds', min: 1_000, max: 3_600_000 },
  retryMs: { setting: 'retryTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  retryMsMax: { setting: 'retryTicksMax', unit: 'milliseconds', min: 20, max: 600_000 },
  roundTripMsMax: { setting: 'roundTripTicksMax', unit: 'milliseconds', min: 10, max: 5_000 },
  bytesPerSecond: { setting: 'bytesATick', unit: 'bytes a second', min: 10_000, max: 10_000_000_000 },
  fetchMs: { setting: 'fetchTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  stuckMs: { setting: 'stuckTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  strandedMs: { setting: 'strandedTicks', unit: 'milliseconds', min: 100, max: 600_000 },
  strandedMsMax: { setting: 'strandedTicksMax', unit: 'milliseconds', min: 100, max: 600_000 },
  waryMs: { setting: 'waryTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  idleMs: { setting: 'idleTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  helloMs: { setting: 'helloTicks', unit: 'milliseconds', min: 20, max: 10_000 },
  helloExpiryMs: { setting: 'helloExpiryTicks', unit: 'milliseconds', min: 60, max: 600_000 },
  startMs: { setting: 'startTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  foundingMs: { setting: 'foundingTicks', unit: 'milliseconds', min: 1_000, max: 3_600_000 },
  modeMs: { setting: 'modeTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  factsMs: { setting: 'factsTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  factsMsMax: { setting: 'factsTicksMax', unit: 'milliseconds', min: 10, max: 3_600_000 },
  strayClockMs: { setting: 'strayClockTicks', unit: 'milliseconds', min: 10, max: 3_600_000 },
  // The proposals of a coordinator with a larger window are decided one window at a time, at intervals up to
  // `retryMsMax`.
  windowInstances: { setting: 'windowInstances', unit: 'instances', min: 64, max: constants.borderInstances },
  batchesInFlightMax: { setting: 'batchesInFlightMax', unit: 'batches', min: 1, max: constants.heldBatchesMax },
  bytesInFlightMax: { setting: 'bytesInFlightMax', unit: 'bytes', min: 1_000, max: IN_FLIGHT_BYTES_MAX },
  batchBytesMax: { setting: 'batchBytesMax', unit: 'bytes', min: 100, max: 500_000 },
  poolBytesMax: { setting: 'poolBytesMax', unit: 'bytes', min: 16_777_216, max: 68_719_476_736 },
  pendingMessagesMax: { setting: 'pendingMessagesMax', unit: 'messages', min: 1, max: 100_000_000 },
  pendingBytesMax: { setting: 'pendingBytesMax', unit: 'bytes', min: 1, max: 68_719_476_736 },
  unreadBytesMax: { setting: 'unreadBytesMax', unit: 'bytes', min: 1, max: 68_719_476_736 },
  catchUpQuestions: { setting: 'catchUpQuestions', unit: 'questions', min: 1, max: 32 },
  catchUpBytes: { setting: 'catchUpBytes', unit: 'bytes', min: 1_000, max: 8_388_608 },
  catchUpInstances: { setting: 'catchUpInstances', unit: 'instances', min: 8, max: 65_536 },
  savingQuietMs: { setting: 'savingQuietTicks', unit: 'milliseconds', min: 100, max: 3_600_000 },
  savingStalledMs: { setting: 'savingStalledTicks', unit: 'milliseconds', min: 1_000, max: 86_400_000 },
  firstWarningMs: { setting: 'firstWarningTicks', unit: 'milliseconds', min: 10, max: 3_600_000 },
  warningMs: { setting: 'warningTicks', unit: 'milliseconds', min: 10, max: 3_600_000 },
  chunksInFlightMax: { setting: 'chunksInFlightMax', unit: 'chunks', min: 1, max: 32 },
  chunkMs: { setting: 'chunkTicks', unit: 'milliseconds', min: 10, max: 600_000 },
  chunkReadsMax: { setting: 'chunkReadsMax', unit: 'chunks', min: 1, max: 1_024 },
};

const NAMES = Object.keys(LIMITS) as LimitName[];

const KINDS = Object.fromEntries(
  NAMES.map((name): [LimitName, OptionKind] => [name, aWholeNumber(LIMITS[name].min, LIMITS[name].max)]),
) as OptionKinds<QueueLimits>;

/** How two limits depend on each other: `smaller` times `times` is at most `larger`. */
interface Relation {
  readonly smaller: LimitName;
  readonly times: number;
  readonly larger: LimitName;
}

export const RELATIONS: readonly Relation[] = [
  // After half of the silence a process agrees with a candidate: one lost heartbeat is not enough.
  { smaller: 'heartbeatMs', times: 4, larger: 'silenceMs' },
  { smaller: 'prepareMs', times: 1, larger: 'retryMsMax' },
  { smaller: 'retryMs', times: 1, larger: 'retryMsMax' },
  { smaller: 'fetchMs', times: 1, larger: 'retryMsMax' },
  // Phase 1 asks several times before it gives way.
  { smaller: 'prepareMs', times: 2, larger: 'preparePatienceMs' },
  { smaller: 'preparePatienceMs', times: 1, larger: 'patienceMsMax' },
  { smaller: 'deafMs', times: 1, larger: 'patienceMsMax' },
  { smaller: 'strandedMs', times: 1, larger: 'strandedMsMax' },
  { smaller: 'helloMs', times: 3, larger: 'helloExpiryMs' },
  { smaller: 'helloExpiryMs', times: 1, larger: 'foundingMs' },
  { smaller: 'factsMs', times: 1, larger: 'factsMsMax' },
  { smaller: 'savingQuietMs', times: 1, larger: 'savingStalledMs' },
  // More than one batch cannot be in flight otherwise.
  { smaller: 'batchBytesMax', times: 1, larger: 'bytesInFlightMax' },
];

/** @throws TreplicaError INVALID_OPTION that names the limit, its value, the range and what to do. */
export function checkLimits(limits: QueueLimits): void {
  checkOptions('AsynchronousPersistentQueue.create', limits, KINDS, 'limits.');
  const settings = settingsOf(limits);
  for (const { smaller, times, larger } of RELATIONS) {
    const [low, high] = [inUnit(settings, smaller), inUnit(settings, larger)];
    if (times * low > high) {
      const most = `at most limits.${larger}, ${high}, ${times === 1 ? '' : `divided by ${times}, `}or raise that one`;
      throw invalidOption(`limits.${smaller}`, low, most);
    }
  }
  checkCatchUp(settings);
}

function checkCatchUp({ catchUpQuestions, catchUpBytes }: Settings): void {
  const most = catchUpBytesMax(catchUpQuestions);
  if (catchUpBytes > most)
    throw invalidOption(
      'limits.catchUpBytes',
      catchUpBytes,
      `at most ${most} with limits.catchUpQuestions ${catchUpQuestions}, or lower that one`,
    );
}

/** A process is answered while less is on its way to it than it may ask for at once: with one more answer all fit its lane. */
export function catchUpBytesMax(catchUpQuestions: number): number {
  return Math.floor(constants.bulkBytesMax / (catchUpQuestions + 1));
}

/** The settings that checked limits make. A limit that is left out has its default. */
export function settingsOf(limits: QueueLimits): Settings {
  const given: Partial<Record<keyof Settings, number>> = {};
  for (const name of NAMES) {
    const value = limits[name];
    if (value !== undefined) given[LIMITS[name].setting] = Math.ceil(value / unitsOf(name));
  }
  return { ...defaults, ...given };
}

/** The default of a limit, in its unit. */
export function defaultOf(name: LimitName): number {
  return inUnit(defaults, name);
}

function inUnit(settings: Settings, name: LimitName): number {
  return settings[LIMITS[name].setting] * unitsOf(name);
}

/** How many units of the limit make one of its setting. */
function unitsOf(name: LimitName): number {
  const { unit } = LIMITS[name];
  if (unit === 'milliseconds') return constants.tickMs;
  return unit === 'bytes a second' ? 1_000 / constants.tickMs : 1;
}
