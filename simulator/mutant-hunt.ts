import type { RunOptions } from '../lib/simulation/run.js';
import { profileOf } from './flags.js';
import { type Mutant, mutants } from './mutants.js';
import { buildMutant } from './mutate.js';
import { LoadError, runAll } from './workers.js';

/** Within so many seeds each must be caught. */
const SEEDS_MAX = 500;

interface Catch {
  readonly seeds: number;
  readonly profile: string;
  readonly checker: string;
  readonly text: string;
}

/** The mutant of this name, or all if it is null. */
export function mutantsCalled(name: string | null): readonly Mutant[] {
  const called = mutants.filter((mutant) => name === null || mutant.name === name);
  if (called.length === 0) throw new Error(`There is no mutant ${String(name)}.`);
  return called;
}

/**
 * Runs the simulator on each mutant of the tree at `root`. Prints who caught it and when; returns whether all were caught. A mutant
 * that cannot be loaded has broken no rule, so that nobody can have caught it.
 */
export async function huntMutants(hunted: readonly Mutant[], workers: number, root: string): Promise<boolean> {
  let caught = 0;
  console.log('| mutant | caught by | after seeds | in profile |\n| --- | --- | --- | --- |');
  for (const mutant of hunted) {
    try {
      const found = await hunt(mutant, workers, root);
      if (found !== null) caught += 1;
      console.log(
        found === null
          ? `| ${mutant.name} | **nobody** | ${SEEDS_MAX} | |`
          : `| ${mutant.name} | ${found.checker} | ${found.seeds} | ${found.profile} |`,
      );
      if (found !== null) console.error(`  ${found.text.split('\n')[0] ?? ''}`);
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      console.log(`| ${mutant.name} | **nobody: it does not load** | 0 | |`);
      console.error(`  ${error.message}`);
    }
  }
  console.log(`${caught} of ${hunted.length} mutants caught`);
  return caught === hunted.length;
}

async function hunt(mutant: Mutant, workers: number, root: string): Promise<Catch | null> {
  const tree = buildMutant(mutant, root);
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
