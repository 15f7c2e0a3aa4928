import type { StateMachine } from '../machine/state-machine.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { MembersChange } from '../paxos/member-changes.js';
import { NOTHING, type Occasion, type Trouble } from './trouble.js';

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
export const membersChange: Trouble = (occasion) => {
  const { world, random, victim } = occasion;
  const queue = victim.life?.queue ?? null;
  if (queue === null || victim.machine === null) return undefined;
  const members = new Set(random.sample(world.processes, 1 + random.below(world.processes.length)).map(({ id }) => id));
  const add = [...members].filter((id) => !queue.members.includes(id));
  const remove = queue.members.filter((id) => !members.has(id));
  if (add.length + remove.length === 0) return undefined;
  const isForced = random.chance(0.7);
  // By force a group may be left to members that have lost their disks: that is its end, and the operator's fault.
  const haveAllDisks = queue.members.every((id) => world.processes.some((process) => process.id === id));
  ask(occasion, { add, remove }, isForced && haveAllDisks);
  return NOTHING;
};

/** A process asks for an observer in the place of a member: of one that has lost its disk, if there is any, or else of any. */
export const replacement: Trouble = (occasion) => {
  const { world, random, victim } = occasion;
  const queue = victim.life?.queue ?? null;
  if (queue === null || victim.machine === null) return undefined;
  const isThere = (id: ProcessId): boolean => world.processes.some((process) => process.id === id);
  // One that has just lost its disk is still known as an observer: a group of that one alone would be at its end.
  const observers = queue.status().observers.flatMap(({ process }) => (isThere(process) ? [process] : []));
  const gone = queue.members.filter((id) => !isThere(id));
  if (observers.length === 0) return undefined;
  ask(
    occasion,
    { add: [random.pick(observers)], remove: [random.pick(gone.length > 0 ? gone : queue.members)] },
    false,
  );
  return NOTHING;
};

function ask<S extends StateMachine>({ world, victim }: Occasion<S>, change: MembersChange, force: boolean): void {
  const { life } = victim;
  const queue = life?.queue ?? null;
  if (life === null || queue === null) return;
  const ended = world.watch.openChanges.ask({ life, process: victim.id, change });
  queue.changeMembers(change, { force }).then(ended, (error: unknown) => {
    ended();
    if (error instanceof TreplicaError && EXPECTED.has(error.code)) return;
    world.log.violate('changes of members', `${victim.name} is told ${String(error)}`);
  });
}
