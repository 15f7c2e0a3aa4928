/**
 * `damage-trials [--trials 1000] [--seed 1] [--first 0]`: writes ledgers, and in each trial damages a copy of their data file
 * or of their journal in one way, then opens, reads and writes it in a child process. Prints how the trials have ended. Fails
 * if a child was ended by a signal, or a ledger told something else than was written and did not say so. Trial `n` of a seed
 * damages the same place in the same way whichever trial is the first.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { Random } from '../../lib/simulation/random.js';
import { type Base, openBase, placeFiles, readBase, writeBase } from './damage-trials/base.js';
import { type Plan, planTrial } from './damage-trials/damages.js';
import { type Outcome, OUTCOMES, type Result, runTrial } from './damage-trials/trial.js';

/** A child that says nothing for this long is taken to hang. */
const SILENCE_MS = 60_000;
const FAILURES: readonly Outcome[] = ['silent', 'another error', 'signal', 'hang'];
const PROGRAM = import.meta.filename;

interface Ended extends Result {
  readonly trial: number;
}

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
    /** What the program tells itself: what to do, and in which directory. */
    role: { type: 'string', default: 'parent' },
    base: { type: 'string', default: '' },
  },
});
const seed = Number(values.seed);
const first = Number(values.first);
const end = first + Number(values.trials);

function planOf({ originals }: Base, trial: number): Plan {
  return planTrial(originals, trial, new Random(seed * 1_000_000 + trial));
}

/** Runs the trials from `first` on, saying of each when it begins and how it ends. */
async function runTrials(): Promise<void> {
  const base = openBase(values.base);
  const directory = join(values.base, 'trial');
  for (let trial = first; trial < end; trial += 1) {
    say({ begins: trial });
    placeFiles(directory, planOf(base, trial).files);
    const result = await runTrial(directory, base.expected, base.earlier);
    say({ trial, ...result });
  }
}

/** Not through process.stdout, which would keep what it has not written when the process is ended by a signal. */
function say(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Runs trials from `from` on in one child, until it ends. */
async function runChild(base: string, from: number, ended: Ended[]): Promise<void> {
  const flags = ['--role', 'child', '--base', base, '--seed', String(seed)];
  const range = ['--first', String(from), '--trials', String(end - from)];
  const child = spawn(process.execPath, [PROGRAM, ...flags, ...range], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(signal ?? code);
    });
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors = `${errors}${text.toString()}`.slice(-2_000)));
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort();
    child.kill('SIGKILL');
  }, SILENCE_MS);
  let current = from;
  for await (const line of createInterface(child.stdout)) {
    timer.refresh();
    const told = JSON.parse(line) as Ended | { readonly begins: number };
    if ('begins' in told) current = told.begins;
    else ended.push(told);
  }
  clearTimeout(timer);
  const how = await closed;
  if (how === 0) return;
  const outcome = silence.signal.aborted ? 'hang' : typeof how === 'string' ? 'signal' : 'another error';
  ended.push({ trial: current, outcome, detail: `${String(how)} ${errors}` });
}

function printTable(base: Base, ended: readonly Ended[]): void {
  const rows = new Map<string, Map<Outcome, number>>();
  for (const { trial, outcome } of ended) {
    const { kind, pageKind } = planOf(base, trial);
    const name = `${kind} | ${pageKind}`;
    const row = rows.get(name) ?? new Map<Outcome, number>();
    row.set(outcome, (row.get(outcome) ?? 0) + 1);
    rows.set(name, row);
  }
  const all = new Map(OUTCOMES.map((outcome) => [outcome, ended.filter((one) => one.outcome === outcome).length]));
  const lines = [...[...rows].sort(([a], [b]) => a.localeCompare(b)), ['all | all', all] as const];
  console.log(`| damage | page | ${OUTCOMES.join(' | ')} |\n| --- | --- |${' --: |'.repeat(OUTCOMES.length)}`);
  for (const [name, row] of lines) {
    console.log(`| ${name} | ${OUTCOMES.map((outcome) => row.get(outcome) ?? 0).join(' | ')} |`);
  }
}

function printTrial(base: Base, { trial, outcome, detail }: Ended): void {
  const { kind, where, pageKind } = planOf(base, trial);
  console.log(`trial ${trial} of seed ${seed}: ${kind}, ${where} (${pageKind}): ${outcome} ${detail}`);
}

async function runParent(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'treplica-damage-'));
  try {
    const writer = spawnSync(process.execPath, [PROGRAM, '--role', 'writer', '--base', directory], {
      stdio: 'inherit',
    });
    if (writer.status !== 0) throw new Error('The ledgers could not be written.');
    await readBase(directory);
    const base = openBase(directory);
    const ended: Ended[] = [];
    while (ended.length < end - first) await runChild(directory, first + ended.length, ended);
    printTable(base, ended);
    const failures = ended.filter((one) => FAILURES.includes(one.outcome) || isUnheardOf(base, one));
    for (const one of values.verbose ? ended : failures) printTrial(base, one);
    process.exitCode = failures.length === 0 ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** But for a commit that nothing has confirmed yet: one that is gone looks like one that a crash has cut short. */
function isUnheardOf(base: Base, { trial, outcome }: Ended): boolean {
  if (outcome !== 'an earlier state') return false;
  const { data, journal } = base.originals;
  const { files } = planOf(base, trial);
  const confirmed = journal.last.subarray(0, journal.pages.unconfirmedFrom);
  const isConfirmedWhole = files.journal?.subarray(0, confirmed.length).equals(confirmed) === true;
  return !(files.data.equals(data.last) && isConfirmedWhole);
}

switch (values.role) {
  case 'writer':
    await writeBase(values.base);
    process.exit(0);
  // eslint-disable-next-line no-fallthrough -- the process has ended
  case 'child':
    await runTrials();
    break;
  default:
    await runParent();
}
