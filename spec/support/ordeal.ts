import type { VirtualProcess } from './virtual-process.js';
import type { VirtualWorld } from './virtual-world.js';

/** Something that befalls the processes of a world. Returns what puts it right again. */
type Fault = (world: VirtualWorld, victim: VirtualProcess) => () => Promise<void> | void;

const crash: Fault = (world, victim) => {
  victim.crash(world.random() < 0.5);
  return () => world.start(victim);
};

const crashOfAll: Fault = (world) => {
  for (const process of world.processes) process.crash(world.random() < 0.5);
  return () => world.start(...world.processes);
};

const isolation: Fault = ({ network }, { id }) => {
  network.isolate(id);
  return () => network.rejoin(id);
};

const oneWayCut: Fault = ({ network, processes }, victim) => {
  const other = processes.find((process) => process !== victim) ?? victim;
  network.cutOneWay(victim.id, other.id);
  return () => network.mend(victim.id, other.id);
};

const stalledDisk: Fault = (_world, victim) => {
  victim.holdDisk();
  return () => victim.releaseDisk();
};

const fullDisk: Fault = (world, victim) => {
  victim.diskFault = new Error('no space left');
  world.load(1, [victim]);
  return async () => {
    await world.until(() => !victim.isRunning);
    victim.diskFault = null;
    await world.start(victim);
  };
};

const FAULTS = [crash, crashOfAll, isolation, oneWayCut, stalledDisk, fullDisk];

/** One fault after the other, each for a while, on a network that loses, repeats and delays, and on slow disks. */
export async function ordeal(world: VirtualWorld, faults: number): Promise<void> {
  const { random, network, processes } = world;
  const upTo = (ms: number): number => Math.floor(random() * ms);
  Object.assign(network.faults, { loss: 0.2 * random(), duplication: 0.2 * random(), delayTicksMax: 1 + upTo(40) });
  for (const process of processes) process.commitMs = () => upTo(8);
  world.load(2, processes.slice(upTo(processes.length)));
  for (let i = 0; i < faults; i += 1) {
    await world.pass(upTo(400));
    const victim = processes[upTo(processes.length)] ?? world.process(0);
    const mend = FAULTS[upTo(FAULTS.length)]?.(world, victim);
    await world.pass(upTo(1000));
    await mend?.();
    if (random() < 0.5) world.load(1, [victim]);
  }
  await world.stopLoad();
}
