import { join } from 'node:path';

import type { RunOptions } from '../lib/simulation/run.js';
import { profileOf } from './flags.js';
import { type Mutant, mutants } from './mutants.js';
import { buildMutant } from './mutate.js';
import { runAll } from './workers.js';

/** Within so many seeds each must be caught. */
const SEEDS_MAX = 500;

interface Catch {
  readonly seeds: number;
  readonly profile: string;
  readonly checker: string;
  readonly text: string;
}

/** Runs the simulator on every mutant, or on one. Prints who caught it and when; returns whether all were caught. */
export async function huntMutants(name: string | null, workers: number): Promise<boolean> {
  const hunted = mutants.filter((mutant) => name === null || mutant.name === name);
  if (hunted.length === 0) throw new Error(`There is no mutant ${String(name)}.`);
  let escaped = 0;
  console.log('| mutant | caught by | after seeds | in profile |\n| --- | --- | --- | --- |');
  for (const mutant of hunted) {
    const found = await hunt(mutant, workers);
    if (found === null) escaped += 1;
    console.log(
      found === null
        ? `| ${mutant.name} | **nobody** | ${SEEDS_MAX} | |`
        : `| ${mutant.name} | ${found.checker} | ${found.seeds} | ${found.profile} |`,
    );
    if (found !== null) console.error(`  ${found.text.split('\n')[0] ?? ''}`);
  }
  console.log(`${hunted.length - escaped} of ${hunted.length} mutants caught`);
  return escaped === 0;
}

async function hunt(mutant: Mutant, workers: number): Promise<Catch | null> {
  const tree = buildMutant(mutant, join(import.meta.dirname, '../..'));
  let seed = 0;
  let found: Catch | null = null;
  const next = (): RunOptions | null => {
    if (seed >= SEEDS_MAX) return null;
    seed += 1;
    return { seed, profile: mutant.profile ?? profileOf(seed), faultySeconds: 4, isTraced: false };
  };
  await runAll(tree, workers, next, (options, answer) => {
    const violation = answer === null ? { checker: 'liveness', text: 'the run does not end' } : answer.violation;
    if (violation === null) return true;
    found = { seeds: options.seed, profile: options.profile, ...violation };
    return false;
  });
  return found;
}
