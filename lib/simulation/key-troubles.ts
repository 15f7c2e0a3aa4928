/** What the operators of the machines do to change the keys of the group, at whatever time and process. */
import type { StateMachine } from '../machine/state-machine.js';
import { TreplicaError } from '../model/errors.js';
import type { KeyChangeOptions } from '../paxos/key-changes.js';
import type { PaxosQueue } from '../paxos/paxos-queue.js';
import type { SimulatedProcess } from './process.js';
import { NOTHING, type Trouble } from './trouble.js';
import type { World } from './world.js';

/**
 * What a change of the keys may end with: a process lacks the key or is not known to send with it, another change came first, it is
 * impossible by now, or the process is gone before the outcome is known.
 */
const EXPECTED: ReadonlySet<unknown> = new Set([
  'KEY_MISSING',
  'KEY_IN_USE',
  'NO_MAJORITY',
  'KEYS_CHANGED',
  'INVALID_OPTION',
  'UNKNOWN_OUTCOME',
  'QUEUE_CLOSED',
]);

/** A group is through with so many keys. */
const KEYS_MAX = 6;

/** The latest key that any operator has. */
export function newestKey<S extends StateMachine>({ processes }: Pick<World<S>, 'processes'>): number {
  return Math.max(...processes.flatMap(({ keyFile }) => keyFile.ids));
}

/** The newest key comes to some machines that lack it; where there are none, a new one comes to some. */
export const keyBrought: Trouble = ({ world, random }) => {
  const newest = newestKey(world);
  const lacking = world.processes.filter(({ keyFile }) => !keyFile.ids.includes(newest));
  if (lacking.length === 0 && newest >= KEYS_MAX) return undefined;
  const [id, machines] = lacking.length === 0 ? [newest + 1, world.processes] : [newest, lacking];
  const count = random.chance(0.6) ? machines.length : 1 + random.below(machines.length);
  const brought = random.sample(machines, count);
  for (const { keyFile } of brought) keyFile.add(id);
  world.log.note('', 'key', id, () => `${id} comes to ${brought.map(({ name }) => name).join(', ')}`);
  return NOTHING;
};

/** A process is asked to have a key used: mostly the newest that it has. */
export const keyUsed: Trouble = ({ world, random, victim }) => {
  const queue = queueOf(victim);
  if (queue === null) return undefined;
  const id = random.chance(0.9) ? Math.max(...victim.keyFile.ids) : 1 + random.below(newestKey(world));
  void useKey(world, victim, queue, id, {});
  return NOTHING;
};

/** A process is asked to have keys removed: mostly all that are older than the one in use. They are deleted from some files then. */
export const keyRemoved: Trouble = ({ world, random, victim }) => {
  const queue = queueOf(victim);
  if (queue === null) return undefined;
  const id = olderThanUsed(queue) ?? 1;
  const tidied = world.processes.filter(() => random.chance(0.3));
  void removeKey(world, victim, queue, id, {}).then((isRemoved) => {
    if (isRemoved) for (const { keyFile } of tidied) keyFile.deleteUpTo(id);
  });
  return NOTHING;
};

/** The same by force, whoever lacks the key. */
export const keyForced: Trouble = ({ world, random, victim }) => {
  const queue = queueOf(victim);
  if (queue === null) return undefined;
  world.watch.keyRotation?.forces();
  const older = olderThanUsed(queue);
  if (older !== null && random.chance(0.5)) void removeKey(world, victim, queue, older, { force: true });
  else void useKey(world, victim, queue, Math.max(...victim.keyFile.ids), { force: true });
  return NOTHING;
};

/** Resolves with whether it was done. */
export function useKey<S extends StateMachine>(
  world: World<S>,
  process: SimulatedProcess<S>,
  queue: PaxosQueue,
  id: number,
  options: KeyChangeOptions,
): Promise<boolean> {
  const isOver = world.watch.keyRotation?.asksToUse(process.id, id);
  world.log.note(process.name, 'is asked', id, () => `to use key ${id}`);
  return outcomeOf(world, process, queue.keys.use(id, options)).finally(isOver);
}

/** Resolves with whether it was done. */
export function removeKey<S extends StateMachine>(
  world: World<S>,
  process: SimulatedProcess<S>,
  queue: PaxosQueue,
  id: number,
  options: KeyChangeOptions,
): Promise<boolean> {
  world.log.note(process.name, 'is asked', id, () => `to remove keys up to ${id}`);
  return outcomeOf(world, process, queue.keys.remove(id, options));
}

async function outcomeOf<S extends StateMachine>(
  world: World<S>,
  { name }: SimulatedProcess<S>,
  change: Promise<void>,
): Promise<boolean> {
  try {
    await change;
    world.log.note(name, 'has changed the keys', 1, () => '');
    return true;
  } catch (error) {
    if (error instanceof TreplicaError && EXPECTED.has(error.code))
      world.log.note(name, 'has not changed the keys', 0, () => error.message);
    else world.log.violate('changes of keys', `${name} is told ${String(error)}`);
    return false;
  }
}

function queueOf<S extends StateMachine>({ life, machine }: SimulatedProcess<S>): PaxosQueue | null {
  return machine === null ? null : (life?.queue ?? null);
}

/** The last key below the one that the group sends with; null where there is none. */
function olderThanUsed(queue: PaxosQueue): number | null {
  const { sendingId, removedUpTo } = queue.keys.show();
  return sendingId === null || sendingId - 1 <= removedUpTo ? null : sendingId - 1;
}
