import { describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';

import { checkLinearizability } from '../../lib/simulation/checkers/linearizability.js';
import { Visited } from '../../lib/simulation/checkers/linearization-memory.js';
import type { SequentialModel } from '../../lib/simulation/checkers/sequential-model.js';
import { repetitions } from '../support/repetitions.js';
import { seededRandom } from '../support/seeded-random.js';
import {
  type Behaviour,
  bruteForce,
  counter,
  counterBehaviour,
  type History,
  history,
  type Model,
  perform,
  type Plan,
  queue,
  queueBehaviour,
  register,
  registerBehaviour,
  registers,
} from './linearizability-subjects.js';

interface Subject {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly model: Model;
  /** Inputs with outputs that they might have. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
}

const subjects: readonly Subject[] = [
  {
    name: 'registers',
    behaviour: registerBehaviour,
    model: register,
    inputs: {
      read: ['0', '1', '2'],
      'write 1': ['ok'],
      'write 2': ['ok'],
      'cas 0 1': ['ok', 'no'],
      'cas 1 2': ['ok', 'no'],
    },
  },
  {
    name: 'queues',
    behaviour: queueBehaviour,
    model: queue,
    inputs: { 'enq x': ['ok'], 'enq y': ['ok'], deq: ['none', 'x', 'y'] },
  },
  {
    name: 'counters',
    behaviour: counterBehaviour,
    model: counter,
    inputs: { get: ['0', '1', '2', '3'], 'add 1': ['ok'], 'add 2': ['ok'], 'add -1': ['ok'] },
  },
];

const CALLS_MAX = 7;

/** Intervals with many ties. In some histories one call in eight is never answered, in others four of them. */
function plansOf({ inputs }: Subject): Arbitrary<Plan[]> {
  const plan = (lost: number): Arbitrary<Plan> =>
    fc
      .record({
        input: fc.constantFrom(...Object.keys(inputs)),
        calledAt: fc.nat(12),
        waits: fc.nat(4),
        runs: fc.nat(4),
        answered: fc.nat(7).map((fate) => fate >= lost),
        executed: fc.boolean(),
      })
      .map(({ input, calledAt, waits, runs, answered, executed }) => ({
        input,
        calledAt,
        executedAt: answered || executed ? calledAt + waits : null,
        returnedAt: answered ? calledAt + waits + runs : null,
      }));
  return fc
    .constantFrom(1, 4)
    .chain((lost) => fc.array(plan(lost), { minLength: 1, maxLength: CALLS_MAX, size: 'max' }));
}

describe.each(subjects)('random histories of $name', (subject) => {
  const { model, behaviour, inputs } = subject;

  it('are judged as by trying every order', () => {
    const verdicts = { good: 0, bad: 0 };
    const outputs = fc.array(fc.nat(), { minLength: CALLS_MAX, maxLength: CALLS_MAX });
    const anything = fc.tuple(plansOf(subject), outputs).map(([plans, picks]) =>
      perform(plans, behaviour, model.initial).map((call, i) => {
        const possible = inputs[call.input]!;
        return call.returnedAt === null ? call : { ...call, output: possible[picks[i]! % possible.length]! };
      }),
    );
    fc.assert(
      fc.property(anything, (calls) => {
        const good = bruteForce(calls, model);
        verdicts[good ? 'good' : 'bad'] += 1;
        expect(checkLinearizability(calls, model).linearizable).toBe(good);
      }),
      { numRuns: repetitions(1_000, 10_000) },
    );
    expect(verdicts.good).toBeGreaterThan(100);
    expect(verdicts.bad).toBeGreaterThan(100);
  });

  it('are accepted when they were executed, and with one other output when that is possible', () => {
    const verdicts = { good: 0, bad: 0 };
    fc.assert(
      fc.property(plansOf(subject), fc.nat(), fc.nat(), (plans, at, pick) => {
        const calls = perform(plans, behaviour, model.initial);
        expect(checkLinearizability(calls, model).linearizable).toBe(true);
        const mutable = calls.filter(({ input, returnedAt }) => returnedAt !== null && inputs[input]!.length > 1);
        const mutated = mutable[at % mutable.length];
        if (mutated === undefined) return;
        const others = inputs[mutated.input]!.filter((output) => output !== mutated.output);
        const output = others[pick % others.length]!;
        const mutant = calls.map((call) => (call === mutated ? { ...call, output } : call));
        const good = bruteForce(mutant, model);
        verdicts[good ? 'good' : 'bad'] += 1;
        expect(checkLinearizability(mutant, model).linearizable).toBe(good);
      }),
      { numRuns: repetitions(1_000, 10_000) },
    );
    expect(verdicts.good).toBeGreaterThan(100);
    expect(verdicts.bad).toBeGreaterThan(100);
  });
});

const CALLS = 10_000;

/** Six callers at a time, each with one call after the other, at registers; of a thousand calls `lost` are unanswered. */
function longHistory(seed: number, keys: number, lost: number): History {
  const random = seededRandom(seed);
  const freeAt = Array.from({ length: 6 }, random);
  const plans = Array.from({ length: CALLS }, (_, i): Plan => {
    const caller = freeAt.indexOf(Math.min(...freeAt));
    const calledAt = freeAt[caller]!;
    const [executedAt, returnedAt] = [calledAt + random(), calledAt + 1 + random()];
    freeAt[caller] = returnedAt + random() / 10;
    const operations = ['read', 'read', `write ${i}`, `cas ${i - 10 * keys} ${i}`];
    const input = `${Math.floor(random() * keys)}/${operations[Math.floor(random() * operations.length)]!}`;
    if (random() >= lost / 1000) return { input, calledAt, executedAt, returnedAt };
    return { input, calledAt, executedAt: random() < 0.5 ? null : executedAt + 10 * random(), returnedAt: null };
  });
  return perform(plans, registerBehaviour, '0');
}

/** The same with a read, late in the history, of what nobody has written. */
function withBadRead(calls: History): History {
  const bad = calls.findIndex(
    ({ input, returnedAt }, i) => i > 0.9 * CALLS && input === '3/read' && returnedAt !== null,
  );
  return calls.with(bad, { ...calls[bad]!, output: '-1' });
}

describe('a state that was visited', () => {
  it('is known again with the same guesses or more, and with no others', () => {
    const visited = new Visited();
    const sets = [0b011n, 0b011n, 0b111n, 0b101n, 0b011n, 0b010n, 0b110n, 0b100n, 0b101n];
    const admitted = sets.map((guesses) => visited.admit('x', guesses));
    expect(admitted).toEqual([true, false, false, true, false, true, false, true, false]);
    expect(visited.admit('y', 0b111n)).toBe(true);
  });
});

describe('the search', () => {
  it.each([1, 2, 3])('of 10,000 calls hardly ever goes back (seed %i)', (seed) => {
    for (const lost of [0, 5]) {
      const calls = longHistory(seed, 10, lost);
      const good = checkLinearizability(calls, registers);
      expect(good.linearizable).toBe(true);
      expect(good.visited).toBeLessThan(1.1 * CALLS);
      const bad = checkLinearizability(withBadRead(calls), registers);
      expect(bad).toMatchObject({ linearizable: false, partition: '3' });
      expect(bad.visited).toBeLessThan(2 * CALLS);
    }
  });

  it('of 10,000 calls of one register, some never answered, goes back a little', () => {
    const { linearizable: linearizable, visited } = checkLinearizability(longHistory(1, 1, 5), registers);
    expect(linearizable).toBe(true);
    expect(visited).toBeLessThan(4 * CALLS);
  });

  it('visits what differs only in the order of the past once', () => {
    const writers = Array.from({ length: 8 }, (_, i) => `P${i}`);
    const calls = history(
      ...writers.map((writer, i) => `${writer} write ${i + 1}`),
      ...writers.map((writer) => `${writer}: ok`),
      'A read',
      'A: 9',
    );
    // Nothing placed, or any set of writes, whichever of them came last.
    expect(checkLinearizability(calls, register)).toMatchObject({ linearizable: false, visited: 1 + 8 * 2 ** 7 });
  });

  it('does not try more guesses where fewer have failed', () => {
    const guesses = Array.from({ length: 40 }, (_, i) => `P${i} write ${i + 1}`);
    const overwrites = Array.from({ length: 10 }, () => ['A write 50', 'A: ok']).flat();
    const events = [...guesses, ...overwrites, 'B read', 'B: 40', 'B read'];
    const options = { visitedMax: 1000 };
    expect(checkLinearizability(history(...events, 'B: 7'), register, options).linearizable).toBe(true);
    expect(checkLinearizability(history(...events, 'B: 41'), register, options).linearizable).toBe(false);
  });

  it('counts the guesses that do the same', () => {
    const events = [...Array.from({ length: 40 }, (_, i) => `P${i} add 1`), 'A get'];
    const options = { visitedMax: 100 };
    expect(checkLinearizability(history(...events, 'A: 30'), counter, options).linearizable).toBe(true);
    expect(checkLinearizability(history(...events, 'A: 41'), counter, options).linearizable).toBe(false);
  });

  it('is told by the model which inputs do the same', () => {
    const objects: SequentialModel<number, { readonly add: number }, number> = {
      initial: 0,
      step(state, { add }, output) {
        return output === undefined || output === state + add ? { state: state + add } : null;
      },
      keyOf: String,
    };
    const lost = Array.from({ length: 20 }, (_, i) => ({
      process: `P${i}`,
      input: { add: 1 },
      calledAt: 0,
      returnedAt: null,
      output: null,
    }));
    const calls = [...lost, { process: 'A', input: { add: 0 }, calledAt: 1, returnedAt: 2, output: 21 }];
    const options = { visitedMax: 1000 };
    expect(checkLinearizability(calls, objects, options).linearizable).toBe('unknown');
    const told = { ...objects, inputKeyOf: ({ add }: { readonly add: number }) => String(add) };
    expect(checkLinearizability(calls, told, options).linearizable).toBe(false);
  });
});
