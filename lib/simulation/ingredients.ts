/** What profiles are made of: climates, checkpoints and kinds of troubles. */
import type { Adversity, Schedule } from './nemesis.js';
import type { Random } from './random.js';
import type { Checkpointing } from './scene.js';
import type { TroubleKind } from './troubles.js';
import { type Climate, FAIR } from './weather.js';

/** Troubles of these kinds, each more or less often and for more or less long. */
export function some(
  random: Random,
  kinds: readonly TroubleKind[],
  perSecond: number,
  lastsMs: number,
): Adversity['troubles'] {
  const schedule = (): Schedule => ({
    perSecond: perSecond * random.between(0.2, 2),
    lastsMs: lastsMs * random.between(0.1, 2),
  });
  return Object.fromEntries(kinds.map((kind) => [kind, schedule()]));
}

export function lossy(random: Random): Climate {
  return {
    ...FAIR,
    loss: random.between(0, 0.3),
    duplication: random.between(0, 0.5),
    mutilation: random.chance(0.5) ? random.between(0, 0.05) : 0,
    delayUsMean: random.exponential(500),
    tail: random.between(0, 0.05),
    tailUs: random.exponential(500_000),
  };
}

/** Checkpoints so often that a run has many, and logs cut so short that a process that is away for long needs one. */
export function checkpoints(random: Random, everyPositionsMax: number): Checkpointing {
  return {
    everyPositions: Math.round(20 * (everyPositionsMax / 20) ** random.next()),
    everyBytes: random.chance(0.2) ? Math.round(random.between(1_000, 10_000)) : 1_000_000,
    logMarginBytes: random.chance(0.5) ? 0 : random.below(4_000),
    chunkBytes: 16 + random.below(100),
    pieceBytes: 8 + random.below(50),
    segmentInstances: 8 + random.below(25),
  };
}

export function smallDatagrams(random: Random): number {
  return 600 + random.below(1_400);
}

export const NETWORK: readonly TroubleKind[] = ['one-way cut', 'isolation', 'partition', 'clog'];
export const LANES: readonly TroubleKind[] = ['lane cut', 'slow link', 'deaf to a kind'];
export const DISKS: readonly TroubleKind[] = [
  'slow disk',
  'stuck disk',
  'failed flush',
  'full disk',
  'failed checkpoint',
  'slow checkpoint',
];
export const DAMAGE: readonly TroubleKind[] = [
  'torn write',
  'flipped bit',
  'vanished record',
  'lost disk',
  'directory put back',
  'damaged decision',
  'damaged checkpoint',
];
export const AMBUSHES: readonly TroubleKind[] = ['crash at a checkpoint', 'crash of a source'];
export const CLOCKS: readonly TroubleKind[] = ['clock drift', 'clock jump'];
export const WRONG_CLOCK: readonly TroubleKind[] = ['wrong clock'];
const INTRUSIONS: readonly TroubleKind[] = ['stranger', 'foreign group', 'intruder', 'forgery'];
export const EVERYTHING: readonly TroubleKind[] = [
  ...NETWORK,
  ...LANES,
  ...DISKS,
  ...DAMAGE,
  ...CLOCKS,
  ...WRONG_CLOCK,
  ...AMBUSHES,
  'long absence',
  'parting',
  'crash',
  'crash of all',
  'stall',
  ...INTRUSIONS,
];

/** What operators do with keys, and what befalls the group meanwhile. */
export function rotations(random: Random): Adversity['troubles'] {
  return {
    ...some(random, ['key brought'], 3, 0),
    ...some(random, ['key used', 'keys removed'], 2, 0),
    ...(random.chance(0.2) ? some(random, ['key forced'], 1, 0) : {}),
    ...(random.chance(0.7) ? some(random, ['crash', 'isolation', 'partition', 'long absence'], 0.4, 1_000) : {}),
    // Where members change, a minority of all processes may be a majority of the members.
    ...(random.chance(0.5)
      ? some(random, ['change of members'], 1, 0)
      : some(random, ['lost disk', 'directory put back'], 0.3, 0)),
    ...(random.chance(0.4) ? some(random, [...NETWORK, 'lane cut', 'stall', 'crash of all'], 0.3, 1_000) : {}),
    ...(random.chance(0.3) ? some(random, ['recording'], 1, 0) : {}),
  };
}
