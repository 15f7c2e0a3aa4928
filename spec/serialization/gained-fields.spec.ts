import { describe, expect, it } from '@jest/globals';

import { decode, encode } from '../../lib/serialization/codec.js';
import { Exclude, Expose, Type } from '../../lib/serialization/decorators.js';
import { declaredFields } from '../../lib/serialization/gained-fields.js';
import { serializable } from '../../lib/serialization/registry.js';
import { encodeState } from '../../lib/serialization/state-encoder.js';
import { Box, piecesOf, refusal, stateIn } from './state-support.js';

class LabelV1 {
  text = 'old';
}

class LabelV2 {
  colour = 'red';
  text = 'new';
}

@serializable('gained.flag.v1')
class FlagV1 {
  enabled = true;
  @Type(() => LabelV1) label = new LabelV1();
  constructor(readonly key: string) {}
}

@serializable('gained.flag.v2')
class FlagV2 {
  enabled = false;
  tags = new Set(['none']);
  @Type(() => LabelV2) label = new LabelV2();
  @Exclude() cache = new Map();
  @Expose({ name: 'g' }) group = 'all';
  constructor(
    readonly key: string,
    readonly kind = 'bool',
    readonly note?: string,
  ) {}
}

const later = (bytes: Uint8Array): Buffer => Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('.v1', '.v2'), 'latin1'); // prettier-ignore

/** What the later release makes of what the earlier one has written. */
const sources: readonly (readonly [string, (value: object) => unknown])[] = [
  ['a message', (value) => decode(later(encode(value)))],
  ['a state', (value) => stateIn(piecesOf(new Box([value])).map(later), new Box()).first],
];
const only = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

describe.each(sources)('From %s of an earlier release', (_, read) => {
  it('an instance has what its class has gained, at every depth, as a new one has it', () => {
    const flag = only(read(new FlagV1('lamp'))) as FlagV2;
    const expected: Partial<FlagV2> = Object.assign(new FlagV2('lamp'), { enabled: true });
    expected.label = Object.assign(new LabelV2(), { text: 'old' });
    delete (expected as { cache?: unknown }).cache;
    expect(flag).toEqual(expected);
    expect(flag.tags).not.toBe((only(read(new FlagV1('lamp'))) as FlagV2).tags);
  });

  it('its fields are in the order of a new one, so that replicas do not come to differ in that', () => {
    const flag = only(read(new FlagV1('lamp'))) as FlagV2;
    const { cache, ...rest } = new FlagV2('lamp');
    expect(cache).toBeInstanceOf(Map);
    expect(Object.keys(flag)).toEqual(Object.keys(rest));
    expect(Object.keys(flag.label)).toEqual(['colour', 'text']);
    expect(encode(flag)).toEqual(encode(Object.assign(new FlagV2('lamp'), { enabled: true, label: flag.label })));
  });

  it.each<[string, (given: string) => unknown, RegExp]>([
    [
      'depends on what the constructor is given',
      (given) => `x${given}`,
      /ValueV2.*'size'.*depends on what the constructor is given/,
    ],
    ['is computed from a number that it is given', (given) => Number(given) + 1, /'size'.*depends on what the/],
    ['is another one each time', () => Math.random(), /'size'.*another one each time/],
    ['is another one each time by the clock', () => Date.now(), /'size'.*another one each time/],
    ['is another date each time', () => new Date(), /'size'.*another one each time/],
    ['cannot be copied', () => refusal, /'size'.*cannot be copied/],
    ['cannot be had, for the constructor throws', (given) => given.length, /'size'.*without arguments, throws/],
  ])('is refused by name where the value %s', (kind, initial, message) => {
    const name = `gained.${kind.replaceAll(/\W/g, '-')}${Math.random()}`;
    class ValueV1 {
      id = 1;
    }
    class ValueV2 {
      id = 1;
      size: unknown;
      constructor(given: string) {
        this.size = initial(given);
      }
    }
    serializable(`${name}.v1`)(ValueV1);
    serializable(`${name}.v2`)(ValueV2);
    const error = refusal(() => read(new ValueV1()));
    expect(error.code).toBe('STATE_MISMATCH');
    expect(error.message).toMatch(message);
  });
});

it('A constructor that makes as many as it is told is not told to make millions', () => {
  const told: number[] = [];
  class ManyV1 {
    id = 1;
  }
  class ManyV2 {
    id = 1;
    gained = true;
    constructor(...sizes: number[]) {
      told.push(...sizes);
    }
  }
  serializable('gained.many.v1')(ManyV1);
  serializable('gained.many.v2')(ManyV2);
  expect(decode(later(encode(new ManyV1())))).toEqual(new ManyV2());
  expect(told.length).toBeGreaterThan(0);
  expect(Math.max(...told)).toBeLessThan(10_000);
});

it('A field is known by its name where its source spells that out, not by the variable that a computed name is in', () => {
  const KEY = 'label';
  class Tag {
    id = 1;
    'plain text' = 2;
    [KEY] = 3;
    constructor(given: string) {
      this.id = given.length; // Throws where nothing is given, so that only the source tells.
    }
  }
  expect(declaredFields(Tag)).toEqual(['id', 'plain text']);
});

interface Lot {
  title: string;
  bids?: string[];
}

/** One source for both releases, and ways to make a field that no source spells out; `gains` says what the running release is. */
const ways: readonly (readonly [string, (gains: () => boolean) => new () => Lot])[] = [
  ['under a condition', (gains) => class implements Lot { title = 'lamp'; bids?: string[]; constructor() { delete this.bids; if (gains()) this.bids = []; } }], // prettier-ignore
  ['by Object.assign', (gains) => class implements Lot { title = 'lamp'; constructor() { if (gains()) Object.assign(this, { bids: [] }); } }], // prettier-ignore
  ['by a method', (gains) => class implements Lot { title = 'lamp'; constructor() { this.reset(); } reset(): void { if (gains()) (this as Lot).bids = []; } }], // prettier-ignore
  [
    'by a helper',
    (gains) =>
      class implements Lot {
        title = 'lamp';
        constructor() {
          begin(this, gains());
        }
      },
  ],
  ['in a base class', (gains) => class extends (class { base = 1; constructor() { begin(this, gains()); } }) implements Lot { title = 'lamp'; }], // prettier-ignore
];

function begin(lot: object, gains: boolean): void {
  if (gains) (lot as Lot).bids = [];
}

describe.each(ways)('A field that the constructor makes %s', (way, classOf) => {
  /** The class as one release has it, under a name of its own; the constructor is as long as both. */
  function release(version: 'v1' | 'v2', id: number): new () => Lot {
    const type = classOf(() => version === 'v2');
    serializable(`gained.${way.replaceAll(/\W/g, '-')}${id}.${version}`)(type);
    return type;
  }

  it.each(sources)('is gained by an instance from %s of an earlier release', (_, read) => {
    const id = Math.random();
    const [LotV1, LotV2] = [release('v1', id), release('v2', id)];
    const lot = only(read(new LotV1())) as Lot;
    expect(lot).toBeInstanceOf(LotV2);
    expect(lot).toEqual(new LotV2());
    expect(Object.keys(lot)).toEqual(Object.keys(new LotV2()));
  });

  it.each(sources)('is in no instance from %s where it was deleted', (_, read) => {
    const lot = new (release('v2', Math.random()))();
    const { bids, ...kept } = lot;
    expect(bids).toEqual([]);
    delete lot.bids;
    expect(only(read(lot))).toEqual(kept);
  });
});

describe('A field that an instance of this release lacks', () => {
  it('stays absent: it was deleted, and not gained', () => {
    const flag = new FlagV2('lamp');
    delete (flag as { tags?: unknown }).tags;
    delete (flag as { group?: unknown }).group;
    expect(decode(encode(flag))).not.toHaveProperty('tags');
    const copy = stateIn(piecesOf(new Box(flag)), new Box()).first;
    const kept = Object.keys(new FlagV2('lamp')).filter((key) => !['tags', 'group', 'cache'].includes(key));
    expect(Object.keys(copy as object)).toEqual(kept);
  });

  it.each(sources)('stays absent from %s of an earlier release, although the class gains another one', (_, read) => {
    const name = `gained.deleted${Math.random()}`;
    class DraftV1 {
      id = 1;
      note?: string = 'deleted';
    }
    class DraftV2 {
      id = 0;
      note?: string = 'initial';
      gained = true;
    }
    serializable(`${name}.v1`)(DraftV1);
    serializable(`${name}.v2`)(DraftV2);
    const draft = new DraftV1();
    delete draft.note;
    expect(Object.entries(only(read(draft)) as object)).toEqual(Object.entries({ id: 1, gained: true }));
  });

  it.each(sources)('is not made of what the class leaves out now: from %s of an earlier release', (_, read) => {
    const name = `gained.left-out${Math.random()}`;
    class DraftV1 {
      id = 1;
      cache = 'carried';
    }
    class DraftV2 {
      id = 0;
      @Exclude() cache = 'left out';
      gained = true;
    }
    serializable(`${name}.v1`)(DraftV1);
    serializable(`${name}.v2`)(DraftV2);
    expect(Object.entries(only(read(new DraftV1())) as object)).toEqual(Object.entries({ id: 1, gained: true }));
  });

  it('stays absent from the state itself', () => {
    const box = new Box(1);
    delete (box as { second?: unknown }).second;
    expect(Object.keys(stateIn(piecesOf(box), new Box(2)))).toEqual(['first']);
  });

  it('stays absent from the state itself where only some of its constructors make it', () => {
    class House {
      lots: string[] = [];
      audit?: string[];
      @Exclude() cache?: string;
      constructor(options?: { audit: boolean }) {
        delete this.audit;
        delete this.cache;
        if (options?.audit === true) Object.assign(this, { audit: [], cache: 'here' });
      }
    }
    const house = new House({ audit: true });
    const initialFields = Object.keys(house);
    delete house.audit;
    const pieces = [...encodeState(house, initialFields)];
    expect(Object.keys(stateIn(pieces, new House({ audit: true })))).toEqual(['lots', 'cache']);
  });
});

describe('A field of the state itself that an earlier release left out', () => {
  it('is gained where it is carried now: that it was not there does not mean that it was deleted', () => {
    class HouseV1 {
      @Exclude() total = 1;
    }
    class HouseV2 {
      total = 2;
    }
    const pieces = [...encodeState(new HouseV1(), ['total'])];
    expect(stateIn(pieces, new HouseV2())).toEqual(new HouseV2());
  });
});
