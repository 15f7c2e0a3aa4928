import { describe, expect, it } from '@jest/globals';

import type { TreplicaError } from '../../lib/model/errors.js';
import { decode, encode } from '../../lib/serialization/codec.js';
import { Exclude, Expose, Type } from '../../lib/serialization/decorators.js';
import { serializable } from '../../lib/serialization/registry.js';
import { Box, piecesOf, stateIn } from './state-support.js';

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

function refusal(action: () => unknown): TreplicaError {
  try {
    action();
  } catch (error) {
    return error as TreplicaError;
  }
  throw new Error('was not refused');
}

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
    ['is another one each time', () => Math.random(), /'size'.*another one each time/],
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

  it('stays absent from the state itself', () => {
    const box = new Box(1);
    delete (box as { second?: unknown }).second;
    expect(Object.keys(stateIn(piecesOf(box), new Box(2)))).toEqual(['first']);
  });
});
