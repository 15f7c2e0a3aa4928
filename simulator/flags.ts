import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { type ProfileName, profileNames } from '../lib/simulation/profiles.js';
import type { RunOptions } from '../lib/simulation/run.js';

export const USAGE = `npm run simulate -- [options]

  --seed N         the first seed (default: 1)
  --runs N         how many runs (default: 1,000), 1 where a seed is given
  --minutes N      goes on for so long instead
  --profile NAME   one of ${profileNames.join(', ')} (default: all in turn)
  --replicas N     members of the group (default: drawn from the seed)
  --mode MODE      adaptive, classic or fast (default: drawn from the seed)
  --seconds N      how long faults go on in a run, in virtual seconds (default: 4)
  --workers N      processes at work (default: as many as there are processors)
  --trace          prints every event of the run of --seed
  --mutants        runs the simulator on broken protocols, all of which it must catch
  --mutant NAME    on this one`;

const MODES = ['adaptive', 'classic', 'fast'] as const;

type Flag = 'seed' | 'runs' | 'minutes' | 'profile' | 'replicas' | 'mode' | 'seconds' | 'workers' | 'mutant';

/** The request of the command line. */
export interface Flags {
  readonly help: boolean;
  readonly seed: number;
  /** Infinite where the time is limited instead. */
  readonly runs: number;
  readonly minutes: number;
  readonly workers: number;
  readonly isTraced: boolean;
  readonly mutants: boolean;
  readonly mutant: string | null;
  /** The settings of a seed's run. */
  optionsOf(seed: number): RunOptions;
  /** The line that replays it. */
  replayOf(options: RunOptions): string;
}

/** @throws Error that names the option that is wrong, and what it may be */
export function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      runs: { type: 'string' },
      minutes: { type: 'string' },
      profile: { type: 'string' },
      replicas: { type: 'string' },
      mode: { type: 'string' },
      seconds: { type: 'string' },
      workers: { type: 'string' },
      trace: { type: 'boolean' },
      mutants: { type: 'boolean' },
      mutant: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const number = (flag: Flag, usual: number, min: number): number => numberOf(flag, values[flag], usual, min);
  const profile = oneOf('profile', values.profile, profileNames);
  const mode = oneOf('mode', values.mode, MODES);
  const replicas = values.replicas === undefined ? undefined : number('replicas', 3, 1);
  const faultySeconds = number('seconds', 4, 1);
  const isTraced = values.trace ?? false;
  const minutes = number('minutes', Infinity, 0);
  return {
    help: values.help ?? false,
    seed: number('seed', 1, 0),
    runs: minutes < Infinity ? Infinity : number('runs', values.seed === undefined ? 1_000 : 1, 1),
    minutes,
    workers: number('workers', availableParallelism(), 1),
    isTraced,
    mutants: values.mutants ?? false,
    mutant: values.mutant ?? null,
    optionsOf: (seed) => ({ seed, profile: profile ?? profileOf(seed), replicas, mode, faultySeconds, isTraced }),
    replayOf: (options) =>
      [
        `npm run simulate -- --seed ${options.seed} --profile ${options.profile} --seconds ${options.faultySeconds}`,
        ...(replicas === undefined ? [] : [`--replicas ${replicas}`]),
        ...(mode === undefined ? [] : [`--mode ${mode}`]),
        '--trace',
      ].join(' '),
  };
}

/** The profile whose turn it is. */
export function profileOf(seed: number): ProfileName {
  const profile = profileNames[seed % profileNames.length];
  if (profile === undefined) throw new Error(`${seed} is no seed: give a whole number.`);
  return profile;
}

function numberOf(flag: Flag, text: string | undefined, usual: number, min: number): number {
  if (text === undefined) return usual;
  const number = Number(text);
  const isWhole = flag === 'minutes' || Number.isInteger(number);
  if (text !== '' && Number.isFinite(number) && isWhole && number >= min) return number;
  throw new Error(`--${flag} is ${text}: give a number, at least ${min}.`);
}

function oneOf<T extends string>(flag: Flag, text: string | undefined, known: readonly T[]): T | undefined {
  const found = known.find((one) => one === text);
  if (text === undefined || found !== undefined) return found;
  throw new Error(`--${flag} is ${text}: give one of ${known.join(', ')}.`);
}
