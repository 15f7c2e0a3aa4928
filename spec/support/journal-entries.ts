import type { ReplicatedStateMachine } from '../../lib/index.js';
import { Append, type Journal } from '../programs/journal.js';

/** Appends the entries from `from` up to `to`, one after the other. */
export async function append(machine: ReplicatedStateMachine<Journal>, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += 1) await machine.execute(new Append(`entry ${i}`));
}

/** What a journal holds to which the entries up to `to` have been appended. */
export function entriesUntil(to: number): string[] {
  return Array.from({ length: to }, (_, i) => `entry ${i}`);
}
