/** What operators do about the keys once all faults have ended. */
import type { StateMachine } from '../machine/state-machine.js';
import { newestKey, removeKey, useKey } from './key-troubles.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

const ASKS_AGAIN_US = 100_000;

/** Every machine has every key. */
export function completeKeyFiles<S extends StateMachine>({ processes }: World<S>): void {
  const ids = new Set(processes.flatMap(({ keyFile }) => keyFile.ids));
  for (const { keyFile } of processes) for (const id of ids) keyFile.add(id);
}

/**
 * A new key comes to all machines, is used, and all others are removed. Operators ask again where that is not possible yet. Resolves
 * when every process seals with the new key, and opens frames under no other.
 */
export async function rotateAtLast<S extends StateMachine>(
  world: World<S>,
  survivors: readonly SimulatedProcess<S>[],
): Promise<void> {
  const id = newestKey(world) + 1;
  for (const { keyFile } of world.processes) keyFile.add(id);
  while (!survivors.every((process) => hasOnly(process, id))) {
    await change(world, survivors, id);
    await later(world);
  }
}

/** One step of it. */
async function change<S extends StateMachine>(
  world: World<S>,
  survivors: readonly SimulatedProcess<S>[],
  id: number,
): Promise<void> {
  const operated = survivors.find(({ machine }) => machine !== null);
  const queue = operated?.life?.queue;
  if (operated === undefined || !queue) return;
  const { sendingId, removedUpTo, processes } = queue.keys.show();
  if (sendingId !== id) await useKey(world, operated, queue, id, {});
  else if (removedUpTo < id - 1) {
    const isGone = (member: string): boolean => survivors.every((process) => process.id !== member);
    const force = processes.some(({ process, isMember }) => isMember && isGone(process));
    if (force) world.watch.keyRotation?.forces();
    await removeKey(world, operated, queue, id - 1, { force });
  }
}

function hasOnly<S extends StateMachine>({ life, machine }: SimulatedProcess<S>, id: number): boolean {
  const self = machine === null ? undefined : life?.queue?.keys.show().processes[0];
  return self?.sendingId === id && self.ids?.length === 1;
}

function later<S extends StateMachine>(world: World<S>): Promise<void> {
  return new Promise((resolve) => {
    world.after(ASKS_AGAIN_US, () => {
      resolve();
      world.stir();
    });
  });
}
