/**
 * `npm run simulate`: the product under every fault there is, in virtual time, seed by seed. A run that goes wrong is
 * named by the line that replays it.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { profileNames, type ProfileName } from '../lib/simulation/profiles.js';
import { run, type RunOptions } from '../lib/simulation/run.js';
import { huntMutants } from './mutant-hunt.js';
import { registers } from './registers.js';
import { Totals } from './totals.js';
import { runAll } from './workers.js';

const USAGE = `npm run simulate -- [options]

  --seed N         the first seed; 1 unless given
  --runs N         how many runs; 1,000 unless given, 1 where a seed is given
  --minutes N      goes on for so long instead
  --profile NAME   one of ${profileNames.join(', ')}; all in turn unless given
  --seconds N      how long faults go on in a run, in virtual seconds; 4 unless given
  --workers N      processes at work; as many as there are processors unless given
  --trace          prints every event of the run of --seed
  --mutants        runs the simulator on broken protocols, all of which it must catch
  --mutant NAME    on this one`;

const tree = join(import.meta.dirname, '..');

/** Says what is wrong with the options, and which there are. */
function refuse(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(USAGE);
  process.exit(2);
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        runs: { type: 'string' },
        minutes: { type: 'string' },
        profile: { type: 'string' },
        seconds: { type: 'string' },
        workers: { type: 'string' },
        trace: { type: 'boolean' },
        mutants: { type: 'boolean' },
        mutant: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return refuse(error);
  }
}

const flags = readFlags();

function numberOf(flag: 'seed' | 'runs' | 'minutes' | 'seconds' | 'workers', usual: number): number {
  const text = flags[flag];
  if (text === undefined) return usual;
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0 && (flag === 'minutes' || Number.isInteger(number))) return number;
  throw new Error(`--${flag} is ${text}: give a number.`);
}

function profileOf(seed: number): ProfileName {
  const name = flags.profile ?? profileNames[seed % profileNames.length];
  const profile = profileNames.find((known) => known === name);
  if (profile === undefined) throw new Error(`--profile is ${String(name)}: give one of ${profileNames.join(', ')}.`);
  return profile;
}

function optionsOf(seed: number): RunOptions {
  return { seed, profile: profileOf(seed), faultySeconds: numberOf('seconds', 4), isTraced: flags.trace ?? false };
}

function replayOf({ seed, profile, faultySeconds }: RunOptions): string {
  return `npm run simulate -- --seed ${seed} --profile ${profile} --seconds ${faultySeconds} --trace`;
}

async function trace(seed: number): Promise<boolean> {
  const { trace: lines, violation, digest } = await run(registers(), optionsOf(seed));
  for (const line of lines) console.log(line);
  console.log(`digest ${digest}`);
  return violation === null;
}

async function simulateAll(workers: number): Promise<boolean> {
  const first = numberOf('seed', 1);
  const runs = flags.minutes === undefined ? numberOf('runs', flags.seed === undefined ? 1_000 : 1) : Infinity;
  const endMs = performance.now() + numberOf('minutes', Infinity) * 60_000;
  const totals = new Totals();
  let seed = first;
  const next = (): RunOptions | null => {
    if (seed >= first + runs || performance.now() > endMs) return null;
    seed += 1;
    return optionsOf(seed - 1);
  };
  const report = setInterval(() => console.error(totals.progress), 5_000);
  await runAll(tree, workers, next, (options, answer) => {
    if (answer !== null) totals.add(answer);
    const violation = answer === null ? { checker: 'liveness', text: 'the run does not end' } : answer.violation;
    if (violation !== null) {
      const text = `  ${violation.checker}: ${violation.text}\n    ${replayOf(options)}`;
      totals.violations.push(text);
      console.error(text);
    }
    return true;
  });
  clearInterval(report);
  console.log(totals.summary(workers));
  return totals.violations.length === 0;
}

async function main(): Promise<boolean> {
  const workers = Math.max(1, numberOf('workers', availableParallelism()));
  if (flags.help === true) {
    console.log(USAGE);
    return true;
  }
  if (flags.mutants === true || flags.mutant !== undefined) return huntMutants(flags.mutant ?? null, workers);
  if (flags.trace === true) return trace(numberOf('seed', 1));
  return simulateAll(workers);
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  refuse(error);
}
