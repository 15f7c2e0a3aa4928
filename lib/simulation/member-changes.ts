import { TreplicaError } from '../model/errors.js';
import { NOTHING, type Trouble } from './trouble.js';

/**
 * What a change of the members may end with: another one came first, the process is gone before it is known, or those that it
 * names are not what they would have to be.
 */
const EXPECTED: ReadonlySet<unknown> = new Set([
  'MEMBERS_CHANGED',
  'UNKNOWN_OUTCOME',
  'QUEUE_CLOSED',
  'INVALID_OPTION',
  'NOT_LEVEL',
  'NO_MAJORITY',
]);

/** A process asks for other members: any of the processes, from one to all, mostly whether they are level or not. */
export const membersChange: Trouble = ({ world, random, victim }) => {
  const queue = victim.life?.queue ?? null;
  if (queue === null || victim.machine === null) return undefined;
  const members = new Set(random.sample(world.processes, 1 + random.below(world.processes.length)).map(({ id }) => id));
  const add = [...members].filter((id) => !queue.members.includes(id));
  const remove = queue.members.filter((id) => !members.has(id));
  if (add.length + remove.length === 0) return undefined;
  queue.changeMembers({ add, remove }, { force: random.chance(0.7) }).catch((error: unknown) => {
    if (error instanceof TreplicaError && EXPECTED.has(error.code)) return;
    world.log.violate('changes of members', `${victim.name} is told ${String(error)}`);
  });
  return NOTHING;
};
