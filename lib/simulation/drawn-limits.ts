import { constants } from '../model/constants.js';
import { catchUpBytesMax, defaultOf, LIMITS, RELATIONS } from '../paxos/limits.js';
import type { QueueLimits } from '../paxos/queue-limits.js';
import type { Random } from './random.js';

type Name = keyof QueueLimits;

/** A time is at most so many times shorter or longer than its default: a run must come to an end. */
const TIMES_FACTOR = 4;
/** Sizes go much lower, so that they are reached. */
const SIZES_DIVISOR = 256;

/** Processes that differ in one of these found no group, or suspect each other all the time; `helloExpiryMs` is bound to `foundingMs`. */
const COMMON: readonly Name[] = ['heartbeatMs', 'silenceMs', 'helloMs', 'helloExpiryMs', 'foundingMs'];

/** Limits for the processes of a group, which take them in turn: the same for all, or mostly different ones. */
export function drawLimits(random: Random): readonly QueueLimits[] {
  const first = drawOne(random);
  if (random.chance(0.3)) return [first];
  const common = Object.fromEntries(COMMON.map((name) => [name, first[name]]));
  return [first, ...Array.from({ length: 6 }, () => related({ ...drawOne(random), ...common }))];
}

function drawOne(random: Random): Required<QueueLimits> {
  const names = Object.keys(LIMITS) as Name[];
  return related(Object.fromEntries(names.map((name) => [name, draw(random, name)])) as Required<QueueLimits>);
}

/** Any order of magnitude as often as any other, and the ends themselves. */
function draw(random: Random, name: Name): number {
  const { min, max, unit } = LIMITS[name];
  const usual = defaultOf(name);
  const isTime = unit === 'milliseconds';
  const low = Math.max(min, Math.ceil(usual / (isTime ? TIMES_FACTOR : SIZES_DIVISOR)));
  const high = Math.min(max, usual * TIMES_FACTOR);
  if (random.chance(0.1)) return random.pick([low, high]);
  return Math.round(low * (high / low) ** random.next());
}

/** The same with what is too large for another limit as large as that one allows. */
function related<L extends Required<QueueLimits>>(limits: L): L {
  const drawn: Record<Name, number> = { ...limits };
  for (const { smaller, times, larger } of RELATIONS) {
    const most = roundedDown(drawn[larger] / times, smaller);
    if (drawn[smaller] <= most) continue;
    if (most >= LIMITS[smaller].min) drawn[smaller] = most;
    else [drawn[smaller], drawn[larger]] = [LIMITS[smaller].min, times * LIMITS[smaller].min];
  }
  drawn.catchUpBytes = Math.min(drawn.catchUpBytes, catchUpBytesMax(drawn.catchUpQuestions));
  return drawn as L;
}

/** Times are rounded up to ticks: a value that is rounded down already stays within a relation. */
function roundedDown(value: number, name: Name): number {
  return LIMITS[name].unit === 'milliseconds'
    ? constants.tickMs * Math.floor(value / constants.tickMs)
    : Math.floor(value);
}
