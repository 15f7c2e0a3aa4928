import { stderr, stdin } from 'node:process';
import { createInterface } from 'node:readline/promises';

import { LostGroup } from '../backup/recover-group.js';
import type { Arguments } from './arguments.js';
import { showBackup } from './print.js';
import { showPlan } from './print-plan.js';

type Request = Extract<Arguments['task'], { readonly kind: 'recover-group' }>;

/** Tells what may be lost, and writes the backup that a new group begins from once the operator accepts that. */
export async function recoverGroup(
  { directories, file, isConfirmed, skipsDamaged }: Request,
  queueId: string | undefined,
): Promise<{ readonly facts: object; readonly text: string; readonly isSound: boolean }> {
  const lost = await LostGroup.open(directories, queueId, skipsDamaged);
  try {
    if (!isConfirmed && !(await isAccepted(showPlan(lost.plan)))) {
      const text = `${showPlan(lost.plan)}\n\nNothing was written: run it again with --yes if what may be lost may be lost.`;
      return { facts: { ...lost.plan, backup: null }, text, isSound: false };
    }
    const backup = await lost.write(file);
    const next = `Restore ${file} at each process of the new group, into a new directory, and start them all. Never start a process with one of the old directories again.`;
    const text = `${showPlan(lost.plan)}\n\n${showBackup(backup)}\n\n${next}`;
    return { facts: { ...lost.plan, backup }, text, isSound: true };
  } finally {
    await lost.close();
  }
}

/** Asks a person; where there is none, nobody has accepted anything. */
async function isAccepted(plan: string): Promise<boolean> {
  if (!stdin.isTTY || !stderr.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await terminal.question(`${plan}\n\nFound a new group from this? Type yes: `);
    return answer.trim() === 'yes';
  } finally {
    terminal.close();
  }
}
