import { checkInitialState } from '../machine/machine-options.js';
import type { StateMachine } from '../machine/state-machine.js';
import { assert } from '../model/assert.js';
import {
  aFunction,
  aWholeNumber,
  checkOptions as checkKinds,
  invalidOption,
  isWholeNumber,
  optional,
  type OptionKinds,
} from '../model/options.js';
import { MAX_MEMBERS } from '../model/view.js';
import { MODES } from '../paxos/options.js';
import type { Violation } from './event-log.js';
import { type ProfileName, profileNames } from './profiles.js';
import { type Application, run, type RunOptions, type RunResult } from './run.js';

export interface SimulationOptions<S extends StateMachine> extends Application<S> {
  /** The first seed. Each run takes the next one. Default: 1. */
  readonly seed?: number;
  /** The number of runs. Default: 100. */
  readonly runs?: number;
  /** The kinds of faults, one for each run in turn. Default: all. */
  readonly profiles?: readonly ProfileName[];
  /** How many processes form the group, from 1 to 31. Default: drawn from the seed. */
  readonly replicas?: number;
  /** The mode of the group. Default: drawn from the seed. */
  readonly mode?: RunOptions['mode'];
  /** How long the faults last in each run, in virtual seconds. Default: 10. */
  readonly faultySeconds?: number;
  /** Told after every run. */
  readonly onRun?: (result: RunResult) => void;
}

/** A failed run, and how to replay it. */
export interface Failure {
  readonly seed: number;
  readonly profile: ProfileName;
  /** The name of the checker that noticed it. */
  readonly checker: string;
  /** The violation in words; it also says so if a second run of the seed was different. */
  readonly text: string;
  /** The events until then, one for each line: virtual seconds, process, event. The violation is the last one. */
  readonly trace: readonly string[];
}

export interface SimulationReport {
  readonly runs: number;
  readonly virtualSeconds: number;
  readonly events: number;
  /** Operations and reads that were answered, and so checked. */
  readonly answered: number;
  /** How often faults have happened, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** The first run in which something went wrong, which is the last one; null where nothing has. */
  readonly failure: Failure | null;
}

/**
 * Runs a replicated state machine in a deterministic world where everything goes wrong that can: the product's own code
 * on networks, disks and clocks in memory. Stops at the first run that goes wrong. Every replica is compared with a
 * sequential execution, every answer with real time, and every acknowledged operation has to survive.
 *
 * ```ts
 * const { failure } = await simulate({
 *   initialState: () => new Bank(),
 *   workload: async (client) => {
 *     await client.execute(new OpenAccount('ana', 'Ana'));
 *     await client.execute(new Deposit('ana', 100, `${client.name}-${client.turn}`));
 *   },
 *   invariants: {
 *     'no balance is negative': ({ accounts }) => [...accounts.values()].every(({ balanceCents }) => balanceCents >= 0),
 *   },
 * });
 * ```
 * @throws TreplicaError INVALID_OPTION
 */
export async function simulate<S extends StateMachine>(options: SimulationOptions<S>): Promise<SimulationReport> {
  checkOptions(options);
  const { seed = 1, runs = 100, profiles = profileNames, onRun } = options;
  const totals = { runs: 0, virtualSeconds: 0, events: 0, answered: 0 };
  const faults: Record<string, number> = {};
  let failure: Failure | null = null;
  for (let i = 0; i < runs && failure === null; i += 1) {
    const runOptions: RunOptions = {
      seed: seed + i,
      profile: profileOf(seed + i, profiles),
      replicas: options.replicas,
      mode: options.mode,
      faultySeconds: options.faultySeconds ?? 10,
      isTraced: false,
    };
    const result = await run(options, runOptions);
    totals.runs += 1;
    totals.virtualSeconds += result.virtualSeconds;
    totals.events += result.events;
    totals.answered += result.answered;
    for (const [fault, times] of result.faults) faults[fault] = (faults[fault] ?? 0) + times;
    onRun?.(result);
    if (result.violation !== null) failure = await explain(options, runOptions, result.violation, result.digest);
  }
  return { ...totals, faults, failure };
}

/** The profile that a seed is run under where these are given: the same however many seeds come before it. */
function profileOf(seed: number, profiles: readonly ProfileName[]): ProfileName {
  const profile = profiles[Math.abs(seed) % profiles.length];
  assert(profile !== undefined, 'a seed and a list of profiles make one of them', { seed, profiles });
  return profile;
}

/** Runs once more, word by word. */
async function explain<S extends StateMachine>(
  application: Application<S>,
  options: RunOptions,
  violation: Violation,
  digest: string,
): Promise<Failure> {
  const { seed, profile } = options;
  const { checker, text } = violation;
  const again = await run(application, { ...options, isTraced: true });
  const isSame = again.digest === digest && again.violation?.text === text;
  return { seed, profile, checker, text: isSame ? text : `${text}\n${UNREPEATABLE}`, trace: again.trace };
}

const UNREPEATABLE =
  'A second run of this seed, the one that is traced, went otherwise: something in the application depends on more than the seed.';

const ONE_OF_PROFILES = `some of ${profileNames.join(', ')}`;

const KINDS: OptionKinds<SimulationOptions<StateMachine>> = {
  initialState: { accepts: isFunction, use: 'a function that makes the initial state' },
  workload: { accepts: isFunction, use: 'a function that calls a client' },
  invariants: optional(
    (value) => typeof value === 'object' && value !== null && Object.values(value).every(isFunction),
    'an object of functions that look at a state',
  ),
  judge: aFunction,
  seed: optional(Number.isSafeInteger, 'a whole number'),
  runs: aWholeNumber(1),
  profiles: optional(
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((name: ProfileName) => profileNames.includes(name)),
    ONE_OF_PROFILES,
  ),
  replicas: optional((value) => isWholeNumber(value, 1, MAX_MEMBERS), `a whole number from 1 to ${MAX_MEMBERS}`),
  mode: optional((value) => MODES.includes(value), "'fast', 'classic' or 'adaptive'"),
  faultySeconds: optional(
    (value) => typeof value === 'number' && value > 0 && value < Infinity,
    'a number greater than 0',
  ),
  onRun: aFunction,
};

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** @throws TreplicaError INVALID_OPTION that names the option and what it may be. */
function checkOptions<S extends StateMachine>(options: SimulationOptions<S>): void {
  checkKinds('simulate', options, KINDS);
  const { initialState } = options;
  const state = initialState();
  checkInitialState(state);
  if (state === initialState()) throw invalidOption('initialState', initialState, 'a function that makes a new object');
}
