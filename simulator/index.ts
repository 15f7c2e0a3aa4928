/**
 * `npm run simulate`: the product under every fault there is, in virtual time, seed by seed. A run that goes wrong is
 * named by the line that replays it.
 */
import { join } from 'node:path';

import { run, type RunOptions } from '../lib/simulation/run.js';
import { type Flags, readFlags, USAGE } from './flags.js';
import { huntMutants, mutantsCalled } from './mutant-hunt.js';
import { registers } from './registers.js';
import { Totals } from './totals.js';
import { runAll } from './workers.js';

const tree = join(import.meta.dirname, '..');

async function trace(options: RunOptions): Promise<boolean> {
  const { trace: lines, violation, digest } = await run(registers(), options);
  for (const line of lines) console.log(line);
  console.log(`digest ${digest}`);
  return violation === null;
}

async function simulateAll(flags: Flags): Promise<boolean> {
  const endMs = performance.now() + flags.minutes * 60_000;
  const totals = new Totals();
  let { seed } = flags;
  const next = (): RunOptions | null => {
    if (seed >= flags.seed + flags.runs || performance.now() > endMs) return null;
    seed += 1;
    return flags.optionsOf(seed - 1);
  };
  const report = setInterval(() => console.error(totals.progress), 5_000);
  await runAll(tree, flags.workers, next, (options, answer) => {
    if (answer !== null) totals.add(answer);
    const violation = answer === null ? { checker: 'liveness', text: 'the run does not end' } : answer.violation;
    if (violation !== null) {
      const text = `  ${violation.checker}: ${violation.text}\n    ${flags.replayOf(options)}`;
      totals.violations.push(text);
      console.error(text);
    }
    return true;
  });
  clearInterval(report);
  console.log(totals.summary(flags.workers));
  return totals.violations.length === 0;
}

async function main(): Promise<boolean> {
  const flags = readFlags();
  if (flags.help) {
    console.log(USAGE);
    return true;
  }
  if (flags.mutants || flags.mutant !== null)
    return huntMutants(mutantsCalled(flags.mutant), flags.workers, join(tree, '..'));
  if (flags.isTraced) return trace(flags.optionsOf(flags.seed));
  return simulateAll(flags);
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(USAGE);
  process.exitCode = 2;
}
