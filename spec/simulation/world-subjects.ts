import { expect } from '@jest/globals';

import { type ExecutionContext, Operation, operation } from '../../lib/index.js';
import type { SimulatedProcess } from '../../lib/simulation/process.js';
import type { Checkpointing, Scene } from '../../lib/simulation/scene.js';
import { World } from '../../lib/simulation/world.js';
import { Append, Journal } from '../programs/journal.js';

export const QUEUE = '239.255.0.1:7400';
export const SECOND_US = 1e6;

export type Process = SimulatedProcess<Journal>;

/** Returns the time that was decided. */
@operation('spec.world.tell-time')
export class TellTime extends Operation<Journal, number> {
  execute(_journal: Journal, { time }: ExecutionContext): number {
    return time;
  }
}

export function worldOf(scene: Partial<Scene<Journal>> = {}): World<Journal> {
  return new World({
    seed: 1,
    queueId: QUEUE,
    replicas: 3,
    mode: 'classic',
    initialState: () => new Journal(),
    invariants: {},
    isTraced: true,
    ...scene,
  });
}

/** A world whose processes are all up. */
export async function startedWorld(scene?: Partial<Scene<Journal>>): Promise<World<Journal>> {
  const world = worldOf(scene);
  for (const process of world.processes) process.start();
  await comeUp(world, ...world.processes);
  return world;
}

export async function comeUp(world: World<Journal>, ...processes: readonly Process[]): Promise<void> {
  expect(await world.until(() => processes.every(({ machine }) => machine !== null), 30 * SECOND_US)).toBe(true);
}

/** Has a process append this; returns whether it has been answered by now. */
export function append(process: Process, entry: string): { isAnswered: boolean } {
  const call = { isAnswered: false };
  const answered = (): void => void (call.isAnswered = true);
  process.machine!.execute(new Append(entry)).then(answered, answered);
  return call;
}

export async function appendAll(world: World<Journal>, process: Process, entries: readonly string[]): Promise<void> {
  for (const entry of entries) {
    const call = append(process, entry);
    expect(await world.until(() => call.isAnswered, 30 * SECOND_US)).toBe(true);
  }
}

/** What a process has done from a moment on, event by event. */
export function eventsOf(world: World<Journal>, { name }: Process, fromUs = 0): string[] {
  return world.log.lines!.filter((line) => {
    const [seconds, who] = line.trim().split(/ +/);
    return who === name && Number(seconds) * 1e6 > fromUs;
  });
}

/** A checkpoint every few messages, in many chunks, and as little of the log as there can be. */
export const OFTEN: Checkpointing = {
  everyPositions: 5,
  everyBytes: 1_000_000,
  logMarginBytes: 0,
  chunkBytes: 20,
  pieceBytes: 10,
  segmentInstances: 4,
};
