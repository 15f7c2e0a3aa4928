/** What befalls the disk of a process: it is slow, stands still, fails, or loses and damages what it holds. */
import { damage, damageCheckpoint, damageDecision, type InjectedDamage } from './damage.js';
import { NOTHING, type Trouble } from './trouble.js';

export const slowDisk: Trouble = ({ random, victim }) => {
  victim.diskBehavior.commitUsMean = random.between(1_000, 300_000);
  return () => (victim.diskBehavior.commitUsMean = victim.diskBehavior.usualUs);
};

export const stuckDisk: Trouble = ({ victim }) => {
  victim.holdDisk();
  return () => {
    victim.releaseDisk();
  };
};

export const failedFlush: Trouble = ({ victim }) => {
  victim.diskBehavior.fault = new Error('EIO: i/o error, fdatasync');
  return () => (victim.diskBehavior.fault = null);
};

export const fullDisk: Trouble = ({ victim }) => {
  victim.diskBehavior.fault = new Error('ENOSPC: no space left on device');
  return () => (victim.diskBehavior.fault = null);
};

/** The next commit reaches the disk but for a piece of one of its records, and the process crashes of it. */
export const tornWrite: Trouble = (occasion) => {
  if (!occasion.mayLose(occasion.victim)) return undefined;
  occasion.victim.tearNextCommit();
  return NOTHING;
};

export function damaged(kind: InjectedDamage): Trouble {
  return (occasion) => {
    const { world, random, victim } = occasion;
    if (!occasion.mayLose(victim)) return undefined;
    const what = damage(victim.disk.file(world.scene.queueId), kind, random);
    if (what === null) return undefined;
    if (typeof what === 'number' && what < world.watch.diskOf(victim).watermark) victim.damage.entries.add(what);
    else victim.damage.isOfVotes = victim.expectedFailures.hasDamagedDisk = true;
    world.log.note(victim.name, 'has its disk damaged', 0, () => `${kind}: ${what}`);
    return NOTHING;
  };
}

/** Others have the entries below the watermark: a process that finds them damaged keeps its id. */
export const damagedDecision: Trouble = (occasion) => {
  const { world, random, victim } = occasion;
  if (!occasion.mayLose(victim)) return undefined;
  const instance = damageDecision(victim.disk.file(world.scene.queueId), world.watch.diskOf(victim).watermark, random);
  if (instance === null) return undefined;
  victim.damage.entries.add(instance);
  world.log.note(victim.name, 'has its disk damaged', instance, () => `at ${instance}, which is decided`);
  return NOTHING;
};

export const damagedCheckpoint: Trouble = (occasion) => {
  const { world, random, victim } = occasion;
  const { checkpoint } = world.watch.diskOf(victim);
  if (checkpoint === null || !occasion.mayLose(victim)) return undefined;
  const what = damageCheckpoint(victim.disk.file(world.scene.queueId), checkpoint, random);
  if (what === null) return undefined;
  victim.damage.isOfCheckpoint = true;
  world.log.note(victim.name, 'has its checkpoint damaged', checkpoint.next, () => what);
  return NOTHING;
};

export const failedCheckpoint: Trouble = ({ victim }) => {
  victim.diskBehavior.checkpointFault = new Error('ENOSPC: no space left on device, write');
  return () => (victim.diskBehavior.checkpointFault = null);
};

export const slowCheckpoint: Trouble = ({ random, victim }) => {
  const { chunkUsMean } = victim.diskBehavior;
  victim.diskBehavior.chunkUsMean = random.between(1_000, 100_000);
  return () => (victim.diskBehavior.chunkUsMean = chunkUsMean);
};

export const lostDisk: Trouble = (occasion) => {
  if (!occasion.mayLose(occasion.victim)) return undefined;
  occasion.victim.loseDisk();
  return NOTHING;
};
