/** Where the time of a process goes, from a CPU profile of it. */
import { type Profiler, Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * - `encode`: operations and messages to bytes, and back;
 * - `order`: the protocol, and the queue around it;
 * - `network`: the sockets, and frames with their checksums;
 * - `ledger`: the ledger, waiting for the disk included;
 * - `execute`: the machine, from `execute` to the caller's result, and the operations;
 * - `load`: what the benchmark does itself;
 * - `collect`: the garbage collector;
 * - `idle`: waiting for something to arrive;
 * - `other`: all the rest, of Node mostly.
 */
export const PLACES = ['encode', 'order', 'network', 'ledger', 'execute', 'load', 'collect', 'idle', 'other'] as const;
export type Place = (typeof PLACES)[number];

/** The share of the wall time that each place has taken; together they are 1. */
export type TimeSpent = Readonly<Record<Place, number>>;

/** The time that the profiler itself takes counts for no place. */
type Owner = Place | 'profiler';

const SAMPLING_MICROSECONDS = 200;

/** URLs of our own scripts are told apart by their path from here. */
const ROOT = new URL('../', import.meta.url).href;

/** By a script's path or URL; the first that matches decides. The time of scripts that match none counts for their callers. */
const OWNER_OF_SCRIPT: readonly (readonly [RegExp, Owner])[] = [
  [
    /^lib\/serialization\/|^lib\/bytes\/field|^lib\/paxos\/wire\/|^lib\/sequence\/batch-body|\/node_modules\/msgpackr\//,
    'encode',
  ],
  [/^lib\/(consensus|sequence|paxos|queue)\//, 'order'],
  [/^lib\/transport\/|^node:(internal\/)?dgram$|^node:net$/, 'network'],
  [/^lib\/ledger\/|\/node_modules\/lmdb\//, 'ledger'],
  [/^lib\/machine\/|^benchmarks\/workloads?\.|^samples\//, 'execute'],
  [/^benchmarks\/time-spent\./, 'profiler'],
  [/^benchmarks\//, 'load'],
];

/** The names under which V8 counts time outside of functions. */
const OWNER_OF_STATE: Readonly<Record<string, Owner>> = { '(garbage collector)': 'collect', '(idle)': 'idle' };

/** Profiles this process, which becomes slower, for so many milliseconds. */
export async function timeSpent(milliseconds: number): Promise<TimeSpent> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
    await session.post('Profiler.start');
    const begin = performance.eventLoopUtilization();
    await sleep(milliseconds);
    const { idle } = performance.eventLoopUtilization(begin);
    const { profile } = await session.post('Profiler.stop');
    return sharesOf(profile, idle);
  } finally {
    session.disconnect();
  }
}

/**
 * A sample counts with the time since the one before: where the process could not be interrupted, in a system call or
 * because it had no processor, it is still where it spent that time.
 *
 * The profiler takes for idle all that the event loop does outside of JavaScript when it looks for events; of that, it has
 * waited for no more than `idleMs`, and the rest is reading from sockets.
 */
export function sharesOf(profile: Profiler.Profile, idleMs: number): TimeSpent {
  const owners = ownersOf(profile.nodes);
  const spentMs = new Map<Owner, number>();
  const spend = (owner: Owner, ms: number): void => void spentMs.set(owner, (spentMs.get(owner) ?? 0) + ms);
  profile.samples?.forEach((node, i) => {
    spend(owners.get(node) ?? 'other', Math.max(0, profile.timeDeltas?.[i] ?? 0) / 1000);
  });
  const readingMs = Math.max(0, (spentMs.get('idle') ?? 0) - idleMs);
  spend('idle', -readingMs);
  spend('network', readingMs);
  const allMs = PLACES.reduce((sum, place) => sum + (spentMs.get(place) ?? 0), 0);
  return timeSpentBy((place) => (spentMs.get(place) ?? 0) / allMs);
}

/** The means of several processes' shares. */
export function meanTimeSpent(all: readonly TimeSpent[]): TimeSpent {
  return timeSpentBy((place) => all.reduce((sum, one) => sum + one[place], 0) / all.length);
}

function timeSpentBy(share: (place: Place) => number): TimeSpent {
  return Object.fromEntries(PLACES.map((place) => [place, share(place)])) as Record<Place, number>;
}

/** Of each node by its id; one that says nothing itself, a native function say, has the owner of its parent. */
function ownersOf(nodes: readonly Profiler.ProfileNode[]): Map<number, Owner> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, Owner>();
  const visit = (node: Profiler.ProfileNode, inherited: Owner): void => {
    const owner = ownOwner(node) ?? inherited;
    owners.set(node.id, owner);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) visit(child, owner);
    }
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, 'other');
  return owners;
}

function ownOwner({ callFrame: { url, functionName } }: Profiler.ProfileNode): Owner | undefined {
  const script = url.startsWith(ROOT) ? url.slice(ROOT.length) : url;
  return OWNER_OF_STATE[functionName] ?? OWNER_OF_SCRIPT.find(([pattern]) => pattern.test(script))?.[1];
}
