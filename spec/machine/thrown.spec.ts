import { describe, expect, it } from '@jest/globals';

import { Operation, operation } from '../../lib/machine/operation.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { StateMachine } from '../../lib/machine/state-machine.js';
import { MemoryLog } from '../support/memory-queue.js';

class House extends StateMachine {
  lamp = { highest: 100 };
}

class TooLow extends Error {
  override readonly name = 'TooLow';
  constructor(
    readonly auction: unknown,
    options?: ErrorOptions,
  ) {
    super('too low', options);
  }
  get hint(): string {
    return `bid more than ${this.message}`;
  }
}

const throwers: Record<string, (house: House) => unknown> = {
  'an own property': ({ lamp }) => new TooLow(lamp),
  'its cause': ({ lamp }) => new Error('no', { cause: lamp }),
  'a cause of its cause': ({ lamp }) => new Error('no', { cause: new TooLow(lamp) }),
  'the errors that it gathers': ({ lamp }) => new AggregateError([new TooLow(lamp), new Error('no')], 'all'),
  'a value that its property holds': ({ lamp }) => new TooLow({ of: [new Map([['lamp', lamp]])] }),
  'itself, which is no error': ({ lamp }) => lamp,
  'a part of a ring': ({ lamp }) => {
    const error = new TooLow(lamp);
    error.cause = error;
    return error;
  },
};

@operation('spec.thrown.throw')
class Throw extends Operation<House> {
  constructor(readonly what: string) {
    super();
  }
  execute(house: House): void {
    throw throwers[this.what]!(house);
  }
}

async function thrownTo(what: string): Promise<{ thrown: unknown; machine: ReplicatedStateMachine<House> }> {
  const machine = await ReplicatedStateMachine.create(new House(), new MemoryLog().queue());
  return { thrown: await machine.execute(new Throw(what)).catch((error: unknown) => error), machine };
}

/** Sets all that can be reached and is called so. */
function spoil(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if ('highest' in value) value.highest = 0;
  const parts: unknown[] = value instanceof Map ? [...value.values()] : [];
  for (const key of Reflect.ownKeys(value)) parts.push((value as Record<PropertyKey, unknown>)[key]);
  for (const part of parts) spoil(part, seen);
}

describe('An error that an operation throws', () => {
  it.each(Object.keys(throwers))('shares nothing with the state by %s, and is otherwise the same', async (what) => {
    const { thrown, machine } = await thrownTo(what);
    const expected = throwers[what]!(new House());
    expect(thrown).toEqual(expected);
    expect(Object.getPrototypeOf(thrown)).toBe(Object.getPrototypeOf(expected));
    spoil(thrown);
    expect(machine.state.lamp.highest).toBe(100);
  });

  it('keeps class, name, message, stack, cause and getters', async () => {
    const { thrown } = await thrownTo('a cause of its cause');
    const cause = (thrown as Error).cause as TooLow;
    expect(cause).toBeInstanceOf(TooLow);
    expect(cause).toMatchObject({
      name: 'TooLow',
      message: 'too low',
      hint: 'bid more than too low',
      auction: { highest: 100 },
    });
    expect(cause.stack).toMatch(/too low[^]*thrown\.spec/);
    expect(Object.keys(cause)).not.toContain('stack');
  });

  it('and cannot be copied is told by name, with its message and stack', async () => {
    class Secretive extends Error {
      readonly #house: House;
      constructor(house: House) {
        super('not told');
        this.#house = house;
      }
      get house(): House {
        return this.#house;
      }
    }
    throwers['private'] = (house) => new Secretive(house);
    throwers['function'] = (house) => Object.assign(new TooLow(1), { retry: () => house });
    for (const [what, why] of [
      ['private', /Secretive has #house/],
      ['function', /TooLow\.retry holds a function/],
    ] as const) {
      const { thrown } = await thrownTo(what);
      expect(thrown).toMatchObject({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringMatching(/^Throw has been executed and threw/),
      });
      expect(thrown).toMatchObject({
        message: expect.stringMatching(why),
        cause: { message: expect.stringMatching(/not told|too low/) },
      });
    }
  });
});
