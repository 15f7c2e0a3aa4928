import { describe, expect, it } from '@jest/globals';

import { Operation, operation } from '../../lib/index.js';
import type { Client, Failure, SimulationOptions } from '../../lib/simulation/index.js';
import { Put, put, PutRandom, Shelf, simulateShelf } from './shelf.js';

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

/** What is found wrong, which something has to be. */
async function failureOf(options: Partial<SimulationOptions<Shelf>>): Promise<Failure> {
  const { failure } = await simulateShelf(options);
  if (failure === null) throw new Error('nothing was found');
  return failure;
}

describe('a violation that is found', () => {
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
