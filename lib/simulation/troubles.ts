import type { StateMachine } from '../machine/state-machine.js';
import { MESSAGE_KINDS } from '../paxos/wire/wire.js';
import {
  damaged,
  damagedCheckpoint,
  damagedDecision,
  failedCheckpoint,
  failedFlush,
  fullDisk,
  lostDisk,
  slowCheckpoint,
  slowDisk,
  stuckDisk,
  tornWrite,
} from './disk-troubles.js';
import { foreignGroup, forgery, intruder, recording, stranger } from './intrusions.js';
import { keyBrought, keyForced, keyRemoved, keyUsed } from './key-troubles.js';
import { membersChange, replacement } from './member-changes.js';
import type { SimulatedProcess } from './process.js';
import type { Ambush } from './stage.js';
import { all, NOTHING, type Occasion, type Trouble } from './trouble.js';

/** Everything that can befall a world at a moment and, mostly, for a while. */
export type TroubleKind = keyof typeof troubles;

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

function others<S extends StateMachine>({ world, victim }: Occasion<S>): SimulatedProcess<S>[] {
  return world.processes.filter((process) => process !== victim);
}

const oneWayCut: Trouble = (occasion) => {
  const rest = others(occasion);
  if (rest.length === 0) return undefined;
  const other = occasion.random.pick(rest);
  const [from, to] = occasion.random.chance(0.5) ? [occasion.victim, other] : [other, occasion.victim];
  return occasion.world.weather.cut(from.id, to.id);
};

/** All that a process says, all that it hears, or both. */
const isolation: Trouble = (occasion) => {
  const { world, random, victim } = occasion;
  const way = random.below(3);
  return all(
    others(occasion).flatMap(({ id }) => [
      ...(way === 0 ? [] : [world.weather.cut(victim.id, id)]),
      ...(way === 1 ? [] : [world.weather.cut(id, victim.id)]),
    ]),
  );
};

const partition: Trouble = ({ world, random }) => {
  const side = new Set(random.sample(world.processes, 1 + random.below(world.processes.length)));
  const cuts = world.processes.flatMap((a) =>
    world.processes.filter((b) => side.has(a) !== side.has(b)).map((b) => world.weather.cut(a.id, b.id)),
  );
  return cuts.length === 0 ? undefined : all(cuts);
};

const clog: Trouble = (occasion) => {
  const { world, victim, lastsUs } = occasion;
  const rest = others(occasion);
  if (rest.length === 0) return undefined;
  world.weather.clog(victim.id, occasion.random.pick(rest).id, world.nowUs + lastsUs);
  return NOTHING;
};

/** One lane does not pass, between the process and one or all of the others, one way or both: a firewall, say. */
const laneCut: Trouble = (occasion) => {
  const { world, random, victim } = occasion;
  const rest = others(occasion);
  if (rest.length === 0) return undefined;
  const lane = random.pick(['bulk', 'datagram'] as const);
  const way = random.below(3);
  return all(
    (random.chance(0.5) ? rest : [random.pick(rest)]).flatMap(({ id }) => [
      ...(way === 0 ? [] : [world.weather.cut(victim.id, id, lane)]),
      ...(way === 1 ? [] : [world.weather.cut(id, victim.id, lane)]),
    ]),
  );
};

/** From 10 to 100 Mb/s; or as slow for the small messages of a simulation as that is for large ones. */
const slowLink: Trouble = ({ world, random, victim }) =>
  world.weather.slow(victim.id, (random.chance(0.3) ? 1.25e6 : 20_000) * 10 ** random.next());

/** The process hears no message of one kind, from anybody. */
const deafness: Trouble = ({ random, victim }) => {
  const kind = random.pick(MESSAGE_KINDS);
  victim.deafTo.add(kind);
  return () => victim.deafTo.delete(kind);
};

const crash: Trouble = ({ random, victim }) => {
  const { life } = victim;
  if (life === null) return undefined;
  // At one of the next calls of a port, whichever that is: between two datagrams, say, or between disk and network.
  life.callsUntilCrash = 1 + random.below(40);
  return NOTHING;
};

const crashOfAll: Trouble = ({ world }) => {
  for (const process of world.processes) process.crash();
  return NOTHING;
};

const stall: Trouble = ({ world, victim, lastsUs }) => {
  if (victim.life === null) return undefined;
  victim.life.stall(world.nowUs + lastsUs);
  return NOTHING;
};

/** Down for so long that the others have cut their logs beyond where it was. */
const longAbsence: Trouble = ({ victim }) => {
  if (victim.isAway) return undefined;
  victim.isAway = true;
  victim.crash();
  return () => {
    victim.isAway = false;
    if (victim.life === null && victim.mayStart) victim.start();
  };
};

/**
 * Up to two founders go away before anybody has signed: the lowest, which has heard of them, proposes a founding without them. One of
 * them comes back first; then exactly one signature is missing.
 */
const foundersAway: Trouble = (occasion) => {
  const { world, victim } = occasion;
  const founders = world.processes;
  const isProposer = founders.every(({ id }) => victim.id <= id);
  const areAllStarted = founders.every(({ life, isAway }) => life !== null || isAway);
  const isSigned = founders.some((founder) => world.watch.diskOf(founder).signed !== '');
  const away = founders.filter(({ isAway }) => isAway).length;
  if (isProposer || !areAllStarted || isSigned || away >= 2) return undefined;
  return longAbsence(occasion);
};

/**
 * A process alone learns what is decided, tells how far it is in the phase 1 that follows the coordinator's crash, and is gone for good
 * before it has told what was decided there.
 */
const parting: Trouble = (occasion) => {
  const { world, victim, lastsUs } = occasion;
  const coordinator = world.processes.find(({ coordinates }) => coordinates);
  if (coordinator === undefined || coordinator === victim || !occasion.mayLose(victim)) return undefined;
  const kinds = ['accepted', 'decided'] as const;
  for (const { deafTo } of others(occasion)) for (const kind of kinds) deafTo.add(kind);
  let isOver = false;
  world.after(Math.round(lastsUs / 4), () => {
    if (!isOver) coordinator.crash();
  });
  return () => {
    isOver = true;
    if (occasion.mayLose(victim)) victim.loseDisk();
    for (const { deafTo } of others(occasion)) for (const kind of kinds) deafTo.delete(kind);
  };
};

/** Somebody crashes the next few times that somebody makes, takes or hands out a checkpoint. */
function ambush(at: Ambush): Trouble {
  return ({ world, random, victim }) => {
    const shared = { at, calls: 1 + random.below(12) };
    for (const process of at === 'source' ? world.processes : [victim]) process.ambush = shared;
    return NOTHING;
  };
}

/** The directory of a process is again what it was before its latest start, of which all others know that are to be relied on. */
const putBack: Trouble = (occasion) => {
  const { world, victim } = occasion;
  const sound = others(occasion).filter(({ isLost }) => !isLost);
  if (victim.isLost || !occasion.mayLose(victim) || !sound.every((other) => victim.isMetBy(other))) return undefined;
  if (sound.length === 0 || !victim.putBack()) return undefined;
  world.log.note(victim.name, 'has its directory put back', 0, () => '');
  return NOTHING;
};

const clockDrift: Trouble = ({ random, victim }) => {
  victim.clock.run(random.between(0.5, 2));
  return () => victim.clock.run(1);
};

const clockJump: Trouble = ({ random, victim }) => {
  victim.clock.jump(random.pick([-1, 1]) * random.exponential(HOUR_MS));
  return NOTHING;
};

/** Years ahead, or hours slow, at one process: the others, more than half of all, have clocks that were always right. */
const wrongClock: Trouble = ({ world, random, victim }) => {
  const wrong = world.processes.filter((process) => process === victim || process.clock.hasBeenWrong);
  if (2 * wrong.length >= world.processes.length) return undefined;
  const byMs = random.chance(0.7) ? random.exponential(YEAR_MS) : -random.exponential(HOUR_MS);
  victim.clock.jump(byMs);
  return () => victim.clock.jump(-byMs);
};

export const troubles = {
  'one-way cut': oneWayCut,
  isolation,
  partition,
  clog,
  'lane cut': laneCut,
  'slow link': slowLink,
  'deaf to a kind': deafness,
  crash,
  'crash of all': crashOfAll,
  stall,
  'slow disk': slowDisk,
  'stuck disk': stuckDisk,
  'failed flush': failedFlush,
  'full disk': fullDisk,
  'torn write': tornWrite,
  'flipped bit': damaged('flipped bit'),
  'vanished record': damaged('vanished record'),
  'lost disk': lostDisk,
  'directory put back': putBack,
  'damaged decision': damagedDecision,
  'damaged checkpoint': damagedCheckpoint,
  'failed checkpoint': failedCheckpoint,
  'slow checkpoint': slowCheckpoint,
  'long absence': longAbsence,
  'founders away': foundersAway,
  parting,
  'crash at a checkpoint': ambush('checkpoint'),
  'crash of a source': ambush('source'),
  'clock drift': clockDrift,
  'clock jump': clockJump,
  'wrong clock': wrongClock,
  'change of members': membersChange,
  'key brought': keyBrought,
  'key used': keyUsed,
  'keys removed': keyRemoved,
  'key forced': keyForced,
  'replacement of a member': replacement,
  stranger,
  'foreign group': foreignGroup,
  intruder,
  forgery,
  recording,
} satisfies Readonly<Record<string, Trouble>>;
