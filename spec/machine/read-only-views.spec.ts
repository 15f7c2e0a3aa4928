/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return,
   @typescript-eslint/no-unnecessary-type-parameters -- states are changed here as JavaScript may, and types are compared */
import { inspect, types } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';

import type { DeepReadonly, ReadonlyBytes, ReadonlyDate } from '../../lib/machine/deep-readonly.js';
import { Operation, operation } from '../../lib/machine/operation.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { StateMachine } from '../../lib/machine/state-machine.js';
import { development } from '../../lib/model/development.js';
import { serializable } from '../../lib/serialization/registry.js';
import { MemoryLog } from '../support/memory-queue.js';

@serializable('spec.views.lot')
class Lot {
  readonly tags = new Set(['old']);
  until = new Date(5);
  bytes: Uint8Array = new Uint8Array([1, 2]);
  looks = 0;
  constructor(readonly title: string) {}
  get shown(): string {
    return `${this.title}!`;
  }
  look(): number {
    this.looks += 1;
    return this.looks;
  }
  same(): this {
    return this;
  }
}

class Hall extends StateMachine {
  lots = new Map<string, Lot>([['lamp', new Lot('lamp')]]);
  keyed = new Map<object, number>();
  list = [new Lot('first'), new Lot('second')];
  plain = Object.freeze({ inner: { n: 1 } });
  buffer = Buffer.from('abc');
}

@operation('spec.views.touch')
class Touch extends Operation<Hall, number> {
  constructor(readonly with_: unknown = null) {
    super();
  }
  execute(hall: Hall): number {
    hall.lots.get('lamp')!.look();
    hall.list.push(new Lot('third'));
    hall.lots.get('lamp')!.until.setTime(6);
    hall.buffer[0] = 122;
    return hall.list.length;
  }
}

async function hallMachine(): Promise<ReplicatedStateMachine<Hall>> {
  return ReplicatedStateMachine.create(new Hall(), new MemoryLog().queue());
}

/** As JavaScript sees it. */
function loosely(state: unknown): any {
  return state;
}

afterEach(() => {
  development.isOn = true;
});

const changes: Record<string, (hall: any) => unknown> = {
  'a field set': (hall) => (hall.plain = 1),
  'a field deleted': (hall) => delete hall.lots,
  'a field defined': (hall) => Object.defineProperty(hall, 'x', { value: 1 }),
  'a prototype set': (hall) => Object.setPrototypeOf(hall, null),
  'a freeze': (hall) => Object.freeze(hall),
  'Map.set': (hall) => hall.lots.set('x', 1),
  'Map.delete': (hall) => hall.lots.delete('lamp'),
  'Map.clear': (hall) => hall.lots.clear(),
  'Set.add': (hall) => hall.lots.get('lamp').tags.add('new'),
  'Set.delete': (hall) => hall.lots.get('lamp').tags.delete('old'),
  'an element set': (hall) => (hall.list[0] = 1),
  'a length set': (hall) => (hall.list.length = 0),
  'Array.push': (hall) => hall.list.push(1),
  'Array.pop': (hall) => hall.list.pop(),
  'Array.sort': (hall) => hall.list.sort(() => 1),
  'Array.splice': (hall) => hall.list.splice(0, 1),
  'an element of a copy of the array': (hall) => ([...hall.list][0].title = 'x'),
  'a value that a callback is given': (hall) => hall.lots.forEach((lot: any) => (lot.title = 'x')),
  'a value that an iterator gives': (hall) => [...hall.lots.values()].map((lot: any) => (lot.title = 'x')),
  'Date.setTime': (hall) => hall.lots.get('lamp').until.setTime(0),
  'Date.setFullYear': (hall) => hall.lots.get('lamp').until.setFullYear(1999),
  'Buffer.fill': (hall) => hall.buffer.fill(0),
  'Buffer.writeUInt8': (hall) => hall.buffer.writeUInt8(0),
  'Uint8Array.set': (hall) => hall.lots.get('lamp').bytes.set([7]),
  'a method that changes its object': (hall) => hall.lots.get('lamp').look(),
  'a value in something frozen': (hall) => (hall.plain.inner.n = 2),
  'a value that a descriptor holds': (hall) => (Object.getOwnPropertyDescriptor(hall, 'list')!.value[0].title = 'x'),
};

describe('In development, a state', () => {
  it.each(Object.keys(changes))('is not changed from outside, nor by a query: %s', async (change) => {
    const machine = await hallMachine();
    const before = inspect(await machine.read((hall) => hall), { depth: 9 });
    const says = { code: 'STATE_READ_ONLY', message: expect.stringContaining('Execute an operation') };
    expect(() => changes[change]!(machine.state)).toThrow(expect.objectContaining(says));
    await expect(machine.read((hall) => changes[change]!(hall))).rejects.toMatchObject(says);
    expect(inspect(await machine.read((hall) => hall), { depth: 9 })).toBe(before);
  });

  it('is not changed by writing to bytes that were handed out', async () => {
    const { state } = await hallMachine();
    loosely(state).buffer[0] = 0;
    loosely(state).lots.get('lamp').bytes.subarray(0, 1)[0] = 0;
    expect(String(state.buffer)).toBe('abc');
    expect([...loosely(state).lots.get('lamp').bytes]).toEqual([1, 2]);
  });

  it('looks as it is', async () => {
    const machine = await hallMachine();
    const { state } = machine;
    const hall = new Hall();
    expect(state).toBeInstanceOf(Hall);
    expect(state).toBe(machine.state);
    expect(state).toEqual(hall);
    expect(inspect(state)).toBe(inspect(hall));
    expect(JSON.stringify(state)).toBe(JSON.stringify(hall));
    const lamp = state.lots.get('lamp')!;
    expect(lamp).toBeInstanceOf(Lot);
    expect(state.lots.get('lamp')).toBe(lamp);
    expect(lamp.same()).toBe(lamp);
    expect(lamp.shown).toBe('lamp!');
    expect(lamp.until.getTime()).toBe(5);
    expect(new Date(lamp.until as unknown as Date).getTime()).toBe(5);
    expect(types.isDate(lamp.until)).toBe(true);
    expect([...lamp.tags]).toEqual(['old']);
    expect(lamp.tags.has('old')).toBe(true);
    expect(new Set(lamp.tags)).toEqual(new Set(['old']));
    expect([...state.lots.keys()]).toEqual(['lamp']);
    expect(state.lots.size).toBe(1);
    expect(Array.isArray(state.list)).toBe(true);
    expect(state.list.length).toBe(2);
    expect(state.list.map(({ title }) => title)).toEqual(['first', 'second']);
    expect(state.list.indexOf(state.list[1]!)).toBe(1);
    expect([...state.list, ...state.list.concat([])]).toHaveLength(4);
    expect(Object.keys(state)).toEqual(Object.keys(hall));
    expect({ ...lamp }).toMatchObject({ title: 'lamp' });
    expect(Buffer.concat([state.buffer as unknown as Uint8Array]).toString()).toBe('abc');
  });

  it('goes on changing by operations, and a view with it', async () => {
    const machine = await hallMachine();
    const { list, lots, buffer } = machine.state;
    const { until } = lots.get('lamp')!;
    expect(await machine.execute(new Touch())).toBe(3);
    expect(list).toHaveLength(3);
    expect(lots.get('lamp')!.looks).toBe(1);
    expect(lots.get('lamp')!.until).toBe(until);
    expect(until.getTime()).toBe(6);
    expect(String(machine.state.buffer)).toBe('zbc');
    expect(buffer).toBe(machine.state.buffer);
  });

  it('leaves no views in what queries return and operations hold', async () => {
    const machine = await hallMachine();
    const copy = loosely(
      await machine.read((hall) => ({ lots: hall.lots, at: hall.lots.get('lamp')!.until, list: [...hall.list] })),
    );
    copy.lots.get('lamp').look();
    copy.at.setTime(9);
    copy.list[0].tags.add('mine');
    expect(types.isProxy(copy.lots)).toBe(false);
    expect(Object.getPrototypeOf(copy.at)).toBe(Date.prototype);
    expect(structuredClone(copy)).toBeDefined();
    const { lots, buffer } = machine.state;
    expect(await machine.execute(new Touch({ lots, until: [lots.get('lamp')!.until], buffer }))).toBe(3);
  });

  it('finds by the objects that it shows', async () => {
    const hall = new Hall();
    hall.keyed.set(hall.plain, 7);
    const machine = await ReplicatedStateMachine.create(hall, new MemoryLog().queue());
    expect(machine.state.keyed.get(machine.state.plain)).toBe(7);
    expect([...machine.state.keyed.keys()][0]).toBe(machine.state.plain);
  });
});

describe('In production, a state', () => {
  it('is handed out as it is', async () => {
    development.isOn = false;
    const hall = new Hall();
    const machine = await ReplicatedStateMachine.create(hall, new MemoryLog().queue());
    expect(machine.state).toBe(hall);
    expect(await machine.read((state) => state === hall)).toBe(true);
  });
});

describe('The type of a state', () => {
  it('has nothing that changes it, at any depth', () => {
    type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    const holds = <T extends true>(): T | null => null;
    holds<Is<DeepReadonly<string[]>, readonly string[]>>();
    holds<Is<DeepReadonly<Map<string, Set<number>>>, ReadonlyMap<string, ReadonlySet<number>>>>();
    holds<Is<DeepReadonly<Date>, ReadonlyDate>>();
    holds<Is<DeepReadonly<Buffer>, ReadonlyBytes<Buffer>>>();
    holds<Is<DeepReadonly<{ a?: { b: number }[] }>, { readonly a?: readonly { readonly b: number }[] }>>();
    const changesNothing = (hall: DeepReadonly<Hall>): void => {
      // @ts-expect-error -- must not compile: a field
      hall.list = [];
      // @ts-expect-error -- must not compile: a field of what an array holds
      hall.list[0]!.until = new Date();
      // @ts-expect-error -- must not compile: an array
      hall.list.push(new Lot('x'));
      // @ts-expect-error -- must not compile: a Map
      hall.lots.set('x', new Lot('x'));
      // @ts-expect-error -- must not compile: a Set
      hall.lots.get('x')!.tags.add('x');
      // @ts-expect-error -- must not compile: a date
      hall.lots.get('x')!.until.setTime(0);
      // @ts-expect-error -- must not compile: bytes
      hall.buffer.fill(0);
      // @ts-expect-error -- must not compile: bytes
      hall.buffer[0] = 0;
      hall.lots.get('x')!.look(); // Methods stay: their types do not say what they change.
    };
    expect(changesNothing).toBeInstanceOf(Function);
  });
});
