import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { Operation, operation, StateMachine, TreplicaError } from '../../lib/index.js';
import { profileNames } from '../../lib/simulation/profiles.js';
import { simulate, type Client, type Failure, type SimulationOptions } from '../../lib/simulation/index.js';
import { run } from '../../lib/simulation/run.js';
import { bank, digestsOf } from '../programs/bank-simulation.js';

describe('the banking sample', () => {
  it.each(profileNames)('holds what it promises where the profile is %s', async (profile) => {
    const report = await simulate({ ...bank, profiles: [profile], runs: 3, faultySeconds: 2 });
    expect(report.failure).toBeNull();
    expect(report.runs).toBe(3);
    expect(report.answered).toBeGreaterThan(50);
    expect(report.virtualSeconds).toBeGreaterThan(6);
    expect(report.events).toBeGreaterThan(report.answered);
  });
});

/** Keeps whatever operations add to it. */
class Shelf extends StateMachine {
  readonly items: unknown[] = [];
}

@operation('spec.simulate.put')
class Put extends Operation<Shelf, number> {
  constructor(readonly item: string) {
    super();
  }

  execute(shelf: Shelf): number {
    return shelf.items.push(this.item);
  }
}

@operation('spec.simulate.put-random')
class PutRandom extends Operation<Shelf, number> {
  execute(shelf: Shelf): number {
    return shelf.items.push(Math.random());
  }
}

@operation('spec.simulate.put-time')
class PutTime extends Operation<Shelf, number> {
  execute(shelf: Shelf): number {
    return shelf.items.push(Date.now());
  }
}

const localIds = new Set<string>();

@operation('spec.simulate.put-local-ids')
class PutLocalIds extends Operation<Shelf, undefined> {
  constructor(readonly id: string) {
    super();
  }

  execute(shelf: Shelf): undefined {
    localIds.add(this.id);
    shelf.items.length = 0;
    for (const id of localIds) shelf.items.push(id);
  }
}

let executions = 0;

@operation('spec.simulate.count-executions')
class CountExecutions extends Operation<Shelf, number> {
  execute(): number {
    executions += 1;
    return executions;
  }
}

@operation('spec.simulate.promise')
class PromiseToPut extends Operation<Shelf, Promise<void>> {
  execute(shelf: Shelf): Promise<void> {
    return Promise.resolve().then(() => {
      shelf.items.push('too late');
      throw new Error('nobody listens any more');
    });
  }
}

class NotRegistered extends Operation<Shelf, undefined> {
  execute(): undefined {
    return undefined;
  }
}

const put = (client: Client<Shelf>): Promise<number> => client.execute(new Put(`${client.name}-${client.turn}`));

async function simulateShelf(options: Partial<SimulationOptions<Shelf>>) {
  return simulate({
    initialState: () => new Shelf(),
    workload: put,
    profiles: ['calm'],
    replicas: 3,
    faultySeconds: 1,
    ...options,
  });
}

/** What is found wrong, which something has to be. */
async function failureOf(options: Partial<SimulationOptions<Shelf>>): Promise<Failure> {
  const { failure } = await simulateShelf(options);
  if (failure === null) throw new Error('nothing was found');
  return failure;
}

describe('what is found wrong', () => {
  it('is reported with who noticed it, with what replays it, in words, and with all that led to it', async () => {
    const { runs, failure } = await simulateShelf({
      seed: 12,
      profiles: ['lossy', 'calm', 'stalls'],
      invariants: { 'fewer than thirty are there': ({ items }) => items.length < 30 },
    });
    expect(runs).toBe(1);
    expect(failure).toMatchObject({
      seed: 12,
      profile: 'lossy',
      checker: 'invariants',
      text: expect.stringMatching(/^after \d+ operations at p[123], "fewer than thirty are there" does not hold$/),
    });
    const trace = failure?.trace ?? [];
    for (const event of trace) expect(event).toMatch(/^ *\d+\.\d{6} (p[123] )? *\S/);
    expect(trace.at(-1)).toMatch(/VIOLATION \(invariants\) after \d+ operations/);
    expect(trace.filter((event) => event.includes('VIOLATION'))).toHaveLength(1);
    expect(trace.slice(0, 20).join('\n')).toMatch(/p\d {2}says to all: hello n=3, willing/);
  });

  it('says of an invariant what it says of itself', async () => {
    const { text } = await failureOf({ invariants: { 'it is empty': ({ items }) => `there are ${items.length}` } });
    expect(text).toMatch(/"it is empty" does not hold: there are \d+$/);
  });

  it('is found again by the seed and the profile', async () => {
    const invariants = { 'few are there': ({ items }: Shelf) => items.length < 20 };
    const first = await failureOf({ seed: 40, profiles: ['crashes', 'lossy'], invariants });
    expect(await failureOf({ seed: first.seed, profiles: [first.profile], invariants })).toEqual(first);
  });

  it('ends the runs', async () => {
    let told = 0;
    const { runs } = await simulateShelf({
      runs: 9,
      judge: () => (told === 1 ? 'enough' : null),
      onRun: () => (told += 1),
    });
    expect([runs, told]).toEqual([2, 2]);
  });
});

describe('an application is caught', () => {
  it.each([
    [
      'leaves its state to chance',
      () => new PutRandom(),
      /by themselves and at p\d, state\.items\[\d+\] is 0\.\d+ and 0\.\d+/,
    ],
    ['puts the time of the process into its state', () => new PutTime(), /state\.items\[\d+\] is \d+ and \d+/],
    ['fills its state from a set that belongs to no state', (id: string) => new PutLocalIds(id), /state\.items/],
    [
      'answers what the state does not say',
      () => new CountExecutions(),
      /by itself and as told at p\d, the outcome is \d+ and \d+/,
    ],
  ])('whose operation %s', async (_, operationFor: (id: string) => Operation<Shelf, unknown>, text) => {
    const failure = await failureOf({
      profiles: ['lossy', 'crashes'],
      workload: (client) => client.execute(operationFor(`${client.name}-${client.turn}`)),
    });
    expect(failure.checker).toBe('equal states');
    expect(failure.text).toMatch(text);
  });

  it('whose operation goes on after it has returned', async () => {
    const failure = await failureOf({ workload: (client) => client.execute(new PromiseToPut()) });
    expect(failure).toMatchObject({ checker: 'workload', text: expect.stringContaining('OPERATION_ASYNCHRONOUS') });
  });

  it('whose operation is not registered', async () => {
    const failure = await failureOf({ workload: (client) => client.execute(new NotRegistered()) });
    expect(failure).toMatchObject({ checker: 'workload', text: expect.stringContaining('CLASS_NOT_REGISTERED') });
  });

  it('whose invariant throws', async () => {
    const invariants = {
      'the last one is known': ({ items }: Shelf): boolean => {
        throw new Error(`no idea what ${items.length} of them are`);
      },
    };
    const failure = await failureOf({ invariants });
    expect(failure.checker).toBe('invariants');
    expect(failure.text).toMatch(
      /"the last one is known" does not hold: it throws Error: no idea what \d+ of them are/,
    );
  });

  it.each([
    ['for reasons of its own', () => Promise.reject(new Error('lost my way'))],
    [
      'before it does anything',
      () => {
        throw new Error('lost my way');
      },
    ],
  ])('whose workload fails %s', async (_, workload: () => Promise<void>) => {
    const failure = await failureOf({ workload });
    expect(failure.checker).toBe('workload');
    expect(failure.text).toMatch(/^at p[123], Error: lost my way/);
  });

  it('whose workload fails only in the last call of a run', async () => {
    const workload = async (client: Client<Shelf>): Promise<void> => {
      await put(client);
      if (client.name.startsWith('last')) throw new Error('not at the end');
    };
    expect((await failureOf({ workload })).text).toContain('not at the end');
  });

  it('whose judge objects to what callers were told', async () => {
    const failure = await failureOf({
      judge: (calls) => (calls.some(({ input }) => input instanceof Put) ? `${calls.length} calls and no end` : null),
    });
    expect(failure.checker).toBe('judge');
    expect(failure.text).toMatch(/^\d+ calls and no end$/);
    expect(failure.trace.at(-1)).toContain(failure.text);
  });

  it('whose judge throws', async () => {
    const judge = (): string => {
      throw new Error('out of order');
    };
    expect((await failureOf({ judge })).text).toContain('out of order');
  });

  it('that depends on more than the seed, which the report says', async () => {
    let calls = 0;
    const failure = await failureOf({
      workload: async (client) => {
        calls += 1;
        await client.execute(new Put('a'.repeat(calls)));
      },
      invariants: { 'few are there': ({ items }) => items.length < 20 },
    });
    expect(failure.text).toMatch(/"few are there" does not hold\nA second run of this seed, .* went otherwise/);
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
  const seeds = profileNames.map((_, i) => i + 1);

  it('makes the same run in this process, again and again, and in another', async () => {
    const digests = await digestsOf(seeds);
    expect(await digestsOf(seeds)).toEqual(digests);
    const program = join(import.meta.dirname, '../../dist/spec/programs/bank-simulation.js');
    const child = await promisify(execFile)(process.execPath, [program, ...seeds.map(String)]);
    expect(child).toEqual({ stdout: `${digests.join('\n')}\n`, stderr: '' });
  });

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
