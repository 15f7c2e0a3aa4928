import { constants } from '../model/constants.js';
import type { Conditions } from './conditions.js';
import { drawLimits } from './drawn-limits.js';
import { drawnWays } from './geography.js';
import {
  AMBUSHES,
  checkpoints,
  CLOCKS,
  DAMAGE,
  DISKS,
  EVERYTHING,
  LANES,
  lossy,
  NETWORK,
  rotations,
  smallDatagrams,
  some,
  WRONG_CLOCK,
} from './ingredients.js';
import type { Random } from './random.js';
import { FAIR } from './weather.js';

type Circumstances = Partial<Conditions>;

/** A kind of run; what exactly it is like is drawn from the seed. */
type Profile = (random: Random) => Circumstances;

export type ProfileName =
  | 'calm'
  | 'lossy'
  | 'sluggish'
  | 'wide'
  | 'duels'
  | 'partitions'
  | 'lanes'
  | 'crashes'
  | 'disks'
  | 'damage'
  | 'stalls'
  | 'clocks'
  | 'collisions'
  | 'absences'
  | 'partings'
  | 'intrusions'
  | 'members'
  | 'churn'
  | 'keys'
  | 'rotations'
  | 'settings'
  | 'swarm';

/** Some faults of all that there are. */
function mixture(random: Random): Circumstances {
  const kinds = random.sample(EVERYTHING, 1 + random.below(EVERYTHING.length));
  return {
    climate: random.chance(0.6) ? lossy(random) : FAIR,
    commitUs: random.chance(0.5) ? random.exponential(5_000) : 100,
    downMs: random.exponential(500),
    troubles: some(random, kinds, 1.5 / Math.sqrt(kinds.length), 600),
  };
}

const profiles: Readonly<Record<ProfileName, Profile>> = {
  /** Nothing goes wrong. */
  calm: () => ({}),
  /** Datagrams are lost, repeated, late and mutilated. */
  lossy: (random) => ({ climate: lossy(random) }),
  /** Everything takes about as long as a process waits before it stands: reigns follow each other and meet. */
  sluggish: (random) => ({
    climate: {
      ...FAIR,
      loss: random.between(0, 0.2),
      duplication: random.between(0, 0.3),
      delayUsMean: random.between(5_000, 150_000),
      tail: random.between(0, 0.3),
      tailUs: 2_000_000,
    },
    commitUs: random.exponential(10_000),
    troubles: random.chance(0.5) ? some(random, ['crash', 'isolation', 'clog'], 0.5, 800) : {},
  }),
  /** The processes live at three places, far from each other. */
  wide: (random) => ({
    replicas: random.pick([3, 5, 5, 5, 7]),
    ways: drawnWays(random),
    climate: {
      ...FAIR,
      loss: random.chance(0.5) ? random.between(0, 0.03) : 0,
      duplication: random.chance(0.3) ? random.between(0, 0.2) : 0,
      delayUsMean: random.exponential(2_000),
    },
    commitUs: random.exponential(3_000),
    troubles: random.chance(0.7) ? some(random, ['crash', 'isolation', 'one-way cut', 'stall'], 0.2, 1_000) : {},
  }),
  /** The coordinator is cut off again and again, and messages of one reign are heard in the next but one. */
  duels: (random) => ({
    replicas: random.pick([3, 3, 3, 4, 5, 6]),
    callers: 2,
    pauseMs: random.between(5, 40),
    climate: {
      ...FAIR,
      loss: random.between(0, 0.05),
      duplication: random.between(0.4, 0.8),
      echoUs: random.between(1_000_000, 3_000_000),
      delayUsMean: random.between(1_000, 30_000),
      tail: random.between(0, 0.1),
      tailUs: 2_000_000,
    },
    commitUs: random.between(10_000, 60_000),
    troubles: { ...some(random, ['isolation'], 3, 300), ...some(random, ['crash'], 0.3, 0) },
  }),
  /** Links are cut one way or both, and clogged. */
  partitions: (random) => ({ troubles: some(random, NETWORK, 0.7, 800) }),
  /** Firewalls let one lane pass, links are slow, and processes do not hear what is said in one kind of message. */
  lanes: (random) => ({
    maxDatagramBytes: smallDatagrams(random),
    // A process that is forgotten while its batch is on its way sends it again: if that takes long, a few rows are not enough
    // for all.
    deliveryRowsMax: undefined,
    checkpoint: checkpoints(random, 80),
    climate: random.chance(0.5)
      ? { ...FAIR, loss: random.between(0, 0.1), delayUsMean: random.exponential(5_000) }
      : FAIR,
    troubles: {
      ...some(random, LANES, 0.5, 2_000),
      ...(random.chance(0.5) ? some(random, ['crash', 'long absence', 'isolation'], 0.3, 1_500) : {}),
    },
  }),
  /** Processes crash wherever they happen to be, one by one and all at once. */
  crashes: (random) => ({
    downMs: random.exponential(200),
    climate: random.chance(0.5)
      ? { ...FAIR, duplication: 0.3, echoUs: 1_000_000, delayUsMean: random.exponential(5_000) }
      : FAIR,
    troubles: {
      ...some(random, ['crash'], 3, 0),
      ...some(random, ['crash of all'], 0.2, 0),
      ...some(random, ['crash at a checkpoint'], 1, 0),
      ...(random.chance(0.5) ? some(random, ['directory put back'], 0.5, 0) : {}),
    },
  }),
  /** Disks are slow, stand still, are full and fail. */
  disks: (random) => ({
    commitUs: random.exponential(3_000),
    troubles: { ...some(random, DISKS, 0.4, 600), ...some(random, ['crash'], 0.5, 0) },
  }),
  /** Disks lose and damage what they hold. */
  damage: (random) => ({
    troubles: {
      ...some(random, DAMAGE, 0.3, 0),
      ...some(random, ['crash'], 1, 0),
      ...some(random, ['crash of all'], 0.1, 0),
    },
  }),
  /** Processes stand still for seconds, and clocks run apart and jump. */
  stalls: (random) => ({
    troubles: { ...some(random, ['stall'], 0.7, 1_000), ...some(random, CLOCKS, 0.5, 2_000) },
  }),
  /** The clocks of a minority are years ahead or hours slow, also that of the coordinator. */
  clocks: (random) => ({
    replicas: random.pick([3, 3, 4, 5, 7]),
    troubles: {
      ...some(random, WRONG_CLOCK, 0.8, 3_000),
      ...some(random, ['crash', 'crash of all', 'isolation'], 0.4, 800),
    },
  }),
  /** Everybody proposes at once in fast reigns. */
  collisions: (random) => ({
    mode: 'fast',
    replicas: random.pick([3, 4, 5, 6]),
    callers: 1 + random.below(3),
    pauseMs: 20 + random.exponential(60),
    climate: { ...FAIR, delayUsMean: random.exponential(300), loss: random.chance(0.5) ? random.between(0, 0.1) : 0 },
    troubles: random.chance(0.5) ? some(random, ['crash', 'one-way cut', 'isolation'], 0.7, 500) : {},
  }),
  /** Processes are away, or cut off, until the others have cut their logs; the processes that supply checkpoints crash too. */
  absences: (random) => ({
    replicas: random.pick([3, 3, 3, 4, 5]),
    callers: 2 + random.below(3),
    pauseMs: random.between(5, 40),
    checkpoint: checkpoints(random, 80),
    climate: random.chance(0.5) ? { ...FAIR, loss: random.between(0, 0.1), duplication: random.between(0, 0.3) } : FAIR,
    troubles: {
      ...some(random, ['long absence', 'isolation'], 0.5, 1_500),
      ...some(random, AMBUSHES, 1.5, 0),
      ...some(random, ['slow checkpoint'], 0.3, 800),
      ...(random.chance(0.3) ? some(random, ['lost disk', 'damaged checkpoint', 'crash of all'], 0.2, 0) : {}),
      ...(random.chance(0.3) ? some(random, ['failed checkpoint', 'stall'], 0.3, 500) : {}),
    },
  }),
  /**
   * A process that alone knows a decision tells a new coordinator that it does, and is gone before it has told the decision.
   */
  partings: (random) => ({
    replicas: random.pick([3, 3, 3, 4, 5]),
    callers: 2,
    pauseMs: random.between(20, 80),
    troubles: some(random, ['parting'], 1, 1_000),
  }),
  /** Other groups speak on the address, processes that are no members join in, and words are forged. */
  intrusions: (random) => ({
    troubles: {
      ...some(random, ['foreign group', 'intruder'], 0.8, 800),
      ...some(random, ['forgery'], 5, 0),
      ...some(random, ['stranger'], 1, 0),
      ...(random.chance(0.6) ? some(random, ['crash', 'isolation', 'long absence'], 0.4, 800) : {}),
      ...(random.chance(0.2) ? some(random, ['lost disk', 'damaged decision', 'crash of all'], 0.2, 0) : {}),
      // While the group is founded, founders are away and intruders are there.
      ...(random.chance(0.3)
        ? { ...some(random, ['intruder'], 4, 1_000), ...some(random, ['founders away'], 60, 800) }
        : {}),
    },
  }),
  /** Members come and go, in whatever state the processes are. */
  members: (random) => ({
    replicas: random.pick([2, 3, 4, 5, 5, 6]),
    climate: random.chance(0.5) ? lossy(random) : FAIR,
    downMs: random.exponential(300),
    troubles: {
      ...some(random, ['change of members'], random.pick([1, 3]), 0),
      ...(random.chance(0.7) ? some(random, ['crash', 'isolation', 'long absence', 'stall'], 0.5, 600) : {}),
      ...(random.chance(0.3) ? some(random, [...NETWORK, 'crash of all', ...AMBUSHES], 0.4, 500) : {}),
    },
  }),
  /** Processes lose their disks and come back without a vote; silent members are replaced, and come back. */
  churn: (random) => ({
    isChurning: true,
    replicas: random.pick([1, 2, 3, 3, 3, 4, 5]),
    spares: random.below(3),
    autoReplaceMs: random.chance(0.8) ? Math.round(random.between(1_000, 2_000)) : undefined,
    recover: true,
    callers: 1,
    climate: random.chance(0.4) ? lossy(random) : FAIR,
    downMs: random.exponential(500),
    troubles: {
      ...some(random, ['lost disk'], 0.8, 0),
      ...some(random, ['long absence', 'isolation'], 0.4, 1_500),
      ...some(random, ['replacement of a member'], 1, 0),
      ...some(random, ['crash'], 0.5, 0),
      ...(random.chance(0.5) ? some(random, ['change of members'], 0.7, 0) : {}),
      ...(random.chance(0.5) ? some(random, ['partition', 'stall', 'crash of all'], 0.3, 1_000) : {}),
      ...(random.chance(0.3) ? some(random, [...AMBUSHES, 'one-way cut'], 0.4, 700) : {}),
    },
  }),
  /** The group has a key; somebody without it sends again what was said before, forges it, and has processes of his own. */
  keys: (random) => ({
    keys: 'one',
    replicas: random.pick([2, 3, 3, 3, 5]),
    climate: random.chance(0.5) ? lossy(random) : FAIR,
    downMs: random.exponential(300),
    troubles: {
      ...some(random, ['recording'], 4, 0),
      ...some(random, ['crash'], random.pick([0.3, 1.5]), 0),
      ...(random.chance(0.5) ? some(random, [...NETWORK, 'stall', 'long absence', 'lane cut'], 0.3, 600) : {}),
      ...(random.chance(0.3) ? some(random, ['foreign group', 'intruder', 'directory put back'], 0.3, 500) : {}),
    },
  }),
  /** Operators bring new keys, have them used and old ones removed, one machine after the other and whatever state it is in. */
  rotations: (random) => ({
    keys: 'files',
    replicas: random.pick([2, 3, 3, 4, 5]),
    climate: random.chance(0.5) ? lossy(random) : FAIR,
    downMs: random.exponential(300),
    troubles: rotations(random),
  }),
  /** A mixture of all faults in a group whose limits are drawn, mostly different at each process. */
  settings: (random) => ({ ...mixture(random), limits: drawLimits(random) }),
  /** Whatever there is, some of it at a time. */
  swarm: mixture,
};

export const profileNames = Object.keys(profiles) as ProfileName[];

/** The conditions that a seed makes of a profile. */
export function conditionsOf(profile: ProfileName, random: Random): Conditions {
  const usual: Omit<Conditions, 'checkpoint' | 'recover' | 'maxDatagramBytes' | 'deliveryRowsMax'> = {
    climate: FAIR,
    troubles: {},
    downMs: 300,
    commitUs: 100,
    isChurning: false,
    spares: undefined,
    autoReplaceMs: undefined,
    limits: undefined,
    ways: undefined,
    keys: undefined,
    replicas: random.pick([1, 3, 3, 3, 3, 4, 5, 5, 6, 7]),
    mode: random.pick(['adaptive', 'adaptive', 'classic', 'fast']),
    callers: 1 + random.below(3),
    pauseMs: 20 + random.exponential(200),
  };
  const circumstances = profiles[profile](random);
  const checkpoint = random.chance(0.7) ? checkpoints(random, 300) : undefined;
  const recover = random.chance(0.85);
  const maxDatagramBytes = random.chance(0.7) ? constants.datagramBytesOnLoopback : smallDatagrams(random);
  const deliveryRowsMax = random.chance(0.15) ? 1 + random.below(3) : undefined;
  return { ...usual, checkpoint, recover, maxDatagramBytes, deliveryRowsMax, ...circumstances };
}
