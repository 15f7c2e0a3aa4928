/** Whether a group can go on, by what is chosen and by which disks are left: so far, and no further, is liveness promised. */
import type { StateMachine } from '../machine/state-machine.js';
import { majorityOf } from './checkers/votes.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

type Facts = Pick<SimulatedProcess<StateMachine>, 'isLost' | 'isPutBack' | 'isSpare' | 'recovers' | 'damage'>;

/** Whether the process holds all that it has ever told others under its present id. */
function isReliable({ isLost, isPutBack, recovers, damage }: Facts): boolean {
  return !isPutBack && damage.areHealed && (recovers || !isLost);
}

/** Whether the process is the founder that it always was, and holds all that it has ever told others. */
export function isSoundFounder({ isLost, isSpare, damage }: Facts): boolean {
  return !isLost && !isSpare && damage.areHealed;
}

/**
 * Whether these processes alone hold everything and decide: a majority of each view that matters is among them. Those are the latest
 * view of which a majority holds everything below its border, all later ones, and those that may yet follow.
 */
export function standsWith<S extends StateMachine>(world: World<S>, present: readonly SimulatedProcess<S>[]): boolean {
  const { electorate } = world.watch;
  const { views, toCome } = electorate;
  const watermarks = new Map<string, number>();
  for (const process of present)
    if (isReliable(process)) watermarks.set(process.id, world.watch.diskOf(process).watermark);
  const isMajority = (members: readonly string[], from = 0): boolean =>
    members.filter((id) => (watermarks.get(id) ?? -1) >= from).length >= majorityOf(members.length);
  if (!toCome.every((members) => isMajority(members))) return false;
  // The founders are known before the view that they found, which another may take the place of while nothing is decided.
  if (views.length <= 1)
    return present.filter((process) => isSoundFounder(process)).length >= majorityOf(world.scene.replicas);
  const complete = views.findLastIndex(({ members, from }) => isMajority(members, from));
  return views.slice(Math.max(complete, 0)).every(({ members }) => isMajority(members));
}
