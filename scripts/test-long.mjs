// `npm run test:long [-- --only NAME] [-- --with FILE]`: the long forms of what `npm test` shows in short. Each is a program
// that fails by its exit code, or by not ending in time. The last line says how many passed and failed; `--with` adds the tests of a report of jest.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { root } from './prepare-tree.mjs';

/** Several times what the longest form takes on two processors. A form that runs for longer hangs. */
const formMinutesMax = 120;

const forms = [
  { name: 'seeds', command: ['dist/simulator/index.js', '--runs', '700'] },
  { name: 'model', command: ['scripts/check-model.mjs'] },
  { name: 'mutants', command: ['dist/simulator/index.js', '--mutants'] },
  {
    name: 'faults',
    command: [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'],
      ...['spec/consensus/faults', 'spec/consensus/founding-faults'],
    ],
    env: { TREPLICA_SEEDS: '60' },
  },
  {
    name: 'repetitions',
    command: [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'],
      ...['--findRelatedTests', 'spec/support/repetitions.ts', '--testTimeout', '600000'],
    ],
    env: { TREPLICA_LONG: '1' },
  },
  { name: 'kills', command: ['dist/spec/programs/kill-rounds.js', '--rounds', '25', '--seed', '7'] },
  {
    name: 'kills-with-module',
    command: ['dist/spec/programs/kill-rounds.js', '--rounds', '25', '--seed', '8', '--module'],
  },
  { name: 'groups', command: ['dist/spec/programs/many-groups.js', '--groups', '100', '--seconds', '10'] },
  { name: 'replacements', command: ['dist/spec/programs/replacements.js', '--rounds', '20', '--seed', '5'] },
  {
    name: 'replacements-without-multicast',
    command: ['dist/spec/programs/replacements.js', '--rounds', '20', '--seed', '6', '--unicast'],
  },
  { name: 'large-state', command: ['dist/spec/programs/large-state.js'] },
  { name: 'fuzz', command: ['dist/spec/programs/fuzz-datagrams.js', '--count', '300000'] },
  { name: 'fuzz-with-key', command: ['dist/spec/programs/fuzz-datagrams.js', '--count', '300000', '--key'] },
  { name: 'damage', command: ['dist/spec/programs/damage-trials.js', '--trials', '200', '--seed', '31'] },
];

const { values } = parseArgs({ options: { only: { type: 'string' }, with: { type: 'string' } } });
const chosen = forms.filter(({ name }) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  console.error(`There is no long form ${values.only}: give one of ${forms.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const {
  numPassedTests = 0,
  numFailedTests = 0,
  numFailedTestSuites = 0,
} = values.with === undefined ? {} : JSON.parse(readFileSync(values.with, 'utf8'));
let passed = numPassedTests;
// A suite that cannot be run has no tests that fail.
let failed = Math.max(numFailedTests, numFailedTestSuites);

for (const { name, command, env = {} } of chosen) {
  console.log(`\n${name}: node ${command.join(' ')}`);
  const startMs = performance.now();
  const { status, signal, error } = spawnSync(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    timeout: formMinutesMax * 60_000,
    killSignal: 'SIGKILL',
  });
  const isPassed = status === 0;
  if (isPassed) passed += 1;
  else failed += 1;
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  const isHung = error?.code === 'ETIMEDOUT';
  const end = isHung ? `it had not ended after ${formMinutesMax} minutes` : (error ?? signal ?? `exit code ${status}`);
  console.log(`${name}: ${isPassed ? 'passed' : `failed (${end})`} after ${seconds} s`);
}

console.log(`\n${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
