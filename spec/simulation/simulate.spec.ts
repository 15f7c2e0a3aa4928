import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

import { Operation, operation, TreplicaError } from '../../lib/index.js';
import { simulate } from '../../lib/simulation/index.js';
import { profileNames } from '../../lib/simulation/profiles.js';
import { run } from '../../lib/simulation/run.js';
import { bank, digestsOf } from '../programs/bank-simulation.js';
import { repetitions } from '../support/repetitions.js';
import { Put, put, PutRandom, Shelf, simulateShelf } from './shelf.js';

const PROGRAM = join(import.meta.dirname, '../../dist/spec/programs/bank-simulation.js');

/** Of each profile. */
const RUNS = repetitions(1, 10);

describe('the banking sample', () => {
  it.each(profileNames)('holds what it promises where the profile is %s', async (profile) => {
    const report = await simulate({ ...bank, profiles: [profile], runs: RUNS, faultySeconds: 2 });
    expect(report.failure).toBeNull();
    expect(report.runs).toBe(RUNS);
    expect(report.answered).toBeGreaterThan(0);
    expect(report.virtualSeconds).toBeGreaterThan(2 * RUNS);
    expect(report.events).toBeGreaterThan(report.answered);
  });
});

describe('a workload', () => {
  it('need not catch what is refused, given up or cut short', async () => {
    const timeouts = new Set<string>();
    const { failure } = await simulateShelf({
      runs: 3,
      profiles: ['crashes', 'partitions'],
      workload: async (client) => {
        await Promise.all([
          client.execute(new Put('in time or not'), { timeoutMs: 1 }).catch((error: unknown) => {
            timeouts.add((error as Error).name);
            throw error;
          }),
          client.read(() => {
            throw new RangeError('no such item');
          }),
        ]);
      },
    });
    expect(failure).toBeNull();
    expect(timeouts).toContain('UnknownOutcomeError');
  });

  it('is called turn by turn by callers of different names, each at one process', async () => {
    const turns = new Map<string, number[]>();
    const places = new Map<string, Set<string>>();
    await simulateShelf({
      profiles: ['crashes'],
      runs: 1,
      workload: async (client) => {
        turns.set(client.name, [...(turns.get(client.name) ?? []), client.turn]);
        places.set(client.name, (places.get(client.name) ?? new Set()).add(client.process));
        await put(client);
      },
    });
    expect(turns.size).toBeGreaterThan(3);
    for (const [, seen] of turns) expect(seen).toEqual(seen.map((_, i) => i));
    for (const [, seen] of places) expect(seen.size).toBe(1);
  });

  it('may let virtual time pass', async () => {
    const { failure, virtualSeconds } = await simulateShelf({
      runs: 1,
      workload: async (client) => {
        await client.pause(20_000);
        await put(client);
      },
    });
    expect(failure).toBeNull();
    expect(virtualSeconds).toBeGreaterThan(40);
  });
});

describe('a seed', () => {
  /** Those of some profiles; of all in the long form. */
  const seeds = profileNames.map((_, i) => i + 1).filter((seed) => seed % repetitions(3, 1) === 0);

  it('makes the same run in this process, again and after others, and in another', async () => {
    const digests = await digestsOf(seeds);
    const few = seeds.slice(0, 2);
    expect(await digestsOf(few.toReversed())).toEqual(digests.slice(0, few.length).toReversed());
    const child = await promisify(execFile)(process.execPath, [PROGRAM, ...seeds.map(String)]);
    expect(child).toEqual({ stdout: `${digests.join('\n')}\n`, stderr: '' });
  }, 240_000);

  it('makes the same run under keys whether any have been used in the process before or not', async () => {
    const seed = String(profileNames.indexOf('keys'));
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, seed, seed]);
    const [first, second, ...others] = stdout.trim().split('\n');
    expect([second, others]).toEqual([first, []]);
  }, 240_000);

  it('makes another run than any other seed does', async () => {
    const digests = await digestsOf([-1, 0, 1, 2 ** 32 + 1, 2 ** 33 + 1], {
      profiles: ['calm'],
      replicas: 3,
      mode: 'fast',
    });
    expect(new Set(digests).size).toBe(5);
  });

  it('makes the same run whether it is traced or not', async () => {
    const options = { seed: 5, profile: 'swarm', faultySeconds: 1 } as const;
    const traced = await run(bank, { ...options, isTraced: true });
    const other = await run(bank, { ...options, isTraced: false });
    expect(traced.trace.length).toBeGreaterThan(0);
    expect({ ...traced, trace: [] }).toEqual(other);
  });

  it('is run under the same profile however many come before it', async () => {
    const profilesOf = async (seed: number, runs: number): Promise<string[]> => {
      const profiles: string[] = [];
      await simulateShelf({
        seed,
        runs,
        profiles: ['calm', 'lossy', 'stalls'],
        onRun: ({ profile }) => profiles.push(profile),
      });
      return profiles;
    };
    expect((await profilesOf(3, 4)).slice(2)).toEqual(await profilesOf(5, 2));
  });
});

describe('an option', () => {
  it.each([
    ['profiles', ['calm', 'foggy'], 'foggy'],
    ['profiles', [], 'some of calm, lossy'],
    ['seed', 1.5, 'seed is 1.5'],
    ['seed', NaN, 'seed is NaN'],
    ['seed', 2 ** 60, 'seed is'],
    ['runs', -1, 'runs is -1'],
    ['runs', 0, 'runs is 0'],
    ['runs', 2.5, 'runs is 2.5'],
    ['replicas', 0, 'from 1 to 31'],
    ['replicas', 32, 'from 1 to 31'],
    ['replicas', 2.5, 'from 1 to 31'],
    ['mode', 'slow', "'fast', 'classic' or 'adaptive'"],
    ['faultySeconds', 0, 'faultySeconds is 0'],
    ['faultySeconds', -3, 'greater than 0'],
    ['faultySeconds', NaN, 'faultySeconds is NaN'],
    ['faultySeconds', Infinity, 'faultySeconds is Infinity'],
  ])('%s is not %p', async (option, value, text) => {
    const refusal = await simulateShelf({ [option]: value }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TreplicaError);
    expect(refusal).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(text) });
  });

  it('initialState is not the same object again', async () => {
    const shelf = new Shelf();
    await expect(simulateShelf({ initialState: () => shelf })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('replicas and mode hold for every run', async () => {
    const groups = new Set<string>();
    await simulateShelf({
      runs: 4,
      replicas: 2,
      mode: 'classic',
      onRun: ({ replicas, mode }) => groups.add(`${replicas} ${mode}`),
    });
    expect(groups).toEqual(new Set(['2 classic']));
  });
});

describe('chance and time of the process', () => {
  const { random } = Math;
  const { now } = Date;

  it.each<[string, () => Operation<Shelf, unknown>]>([
    ['come through', () => new Put('fine')],
    ['find something', () => new PutRandom()],
  ])('are what they were after runs that %s', async (_, operationFor: () => Operation<Shelf, unknown>) => {
    await simulateShelf({ runs: 1, workload: (client) => client.execute(operationFor()) });
    expect(Math.random).toBe(random);
    expect(Date.now).toBe(now);
  });

  it('are what they were after an operation that throws', async () => {
    await simulateShelf({
      runs: 1,
      workload: (client) => client.execute(new Refuse()),
    });
    expect(Math.random).toBe(random);
    expect(Date.now).toBe(now);
  });
});

@operation('spec.simulate.refuse')
class Refuse extends Operation<Shelf, undefined> {
  execute(): undefined {
    throw new Error('no');
  }
}
