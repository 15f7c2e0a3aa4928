import { describe, expect, it } from '@jest/globals';
import { instanceToPlain, plainToInstance } from 'class-transformer';

import { checkStorage, Exclude as theirExclude } from '../../lib/serialization/class-transformer.js';
import { decode, encode } from '../../lib/serialization/codec.js';
import { Exclude, Expose, Transform, Type } from '../../lib/serialization/decorators.js';
import { serializable } from '../../lib/serialization/registry.js';
import { sameValue } from '../support/same-value.js';
import { refusal } from './state-support.js';

class Bid {
  constructor(
    readonly bidder: string,
    readonly amount: number,
  ) {}
}

class SealedBid extends Bid {
  sealed = true;
}

@serializable('decorators.premium-bid')
class PremiumBid extends Bid {
  premium = 5;
}

@serializable('decorators.auction')
class Auction {
  @Type(() => Bid) highest: Bid | null = null;
  @Type(() => Bid) bids: Bid[] = [];
  @Type(() => Bid) byBidder: Map<string, Bid[]> = new Map();
  @Type(() => Bid) withdrawn: Set<Bid> = new Set();
  @Type(() => Date) opened: Date | string = new Date(0);
}

class Shape {
  name = 'shape';
}
class Circle extends Shape {
  radius = 1;
}
class Square extends Shape {
  side = 2;
}

@serializable('decorators.drawing')
class Drawing {
  @Type(() => Shape, { discriminator: { property: 'kind', subTypes: [{ name: 'circle', value: Circle }, { name: 'a: square, maybe', value: Square }] } }) // prettier-ignore
  shapes: Shape[] = [];
}

class Money {
  constructor(readonly cents: bigint) {}
}

@serializable('decorators.account')
class Account {
  @Expose({ name: 'n' }) owner = 'ann';
  @Exclude() cache: unknown = () => 'a function may be excluded';
  @Exclude({ toPlainOnly: true }) notWritten = 1;
  @Exclude({ toClassOnly: true }) notRead = 2;
  @Transform(({ value }: { value: Money }) => String(value.cents), { toPlainOnly: true })
  @Transform(({ value }: { value: string }) => new Money(BigInt(value)), { toClassOnly: true })
  balance = new Money(100n);
}

@Exclude()
@serializable('decorators.secretive')
class Secretive {
  @Expose() known = 1;
  hidden = 2;
}

@serializable('decorators.thermometer')
class Thermometer {
  @Exclude() kelvin = 300;
  @Expose() get celsius(): number {
    return this.kelvin - 273;
  }
  set celsius(degrees: number) {
    this.kelvin = degrees + 273;
  }
  @Expose() get isFreezing(): boolean {
    return this.celsius <= 0;
  }
}

function carried<T>(value: T): T {
  return decode(encode(value)) as T;
}

describe('@Type', () => {
  it('makes a class known where it is declared: in a field, in arrays, in maps and in sets', () => {
    const auction = new Auction();
    const bid = new Bid('ann', 100);
    auction.highest = bid;
    auction.bids.push(bid, new Bid('bob', 90));
    auction.byBidder.set('ann', [bid]);
    auction.withdrawn.add(new Bid('eve', 1));
    expect(sameValue(carried(auction), auction)).toBe(true);
  });

  it('never takes a subclass for the class: what has a name is carried, what has none is refused', () => {
    const auction = new Auction();
    auction.highest = new PremiumBid('ann', 100);
    expect(sameValue(carried(auction), auction)).toBe(true);
    auction.highest = new SealedBid('ann', 100);
    expect(refusal(() => encode(auction))).toMatchObject({
      code: 'CLASS_NOT_REGISTERED',
      message: expect.stringMatching(/^Auction\.highest holds an instance of SealedBid/),
    });
  });

  it('converts nothing: another value than the declared one is carried as it is', () => {
    const auction = new Auction();
    auction.opened = 'tomorrow';
    auction.highest = JSON.parse('{"bidder": "ann", "amount": 5}') as Bid;
    expect(sameValue(carried(auction), auction)).toBe(true);
  });

  it('with a discriminator makes the subtypes known too, and adds no property to them', () => {
    const drawing = new Drawing();
    drawing.shapes.push(new Circle(), new Square(), new Shape());
    const before = Object.keys(drawing.shapes[0]!);
    expect(sameValue(carried(drawing), drawing)).toBe(true);
    expect(Object.keys(drawing.shapes[0]!)).toEqual(before);
  });

  it('may refer to its own class', () => {
    @serializable('decorators.node')
    class Node {
      @Type(() => Node) next: Node | null = null;
    }
    const first = new Node();
    first.next = new Node();
    first.next.next = first;
    expect(sameValue(carried(first), first)).toBe(true);
  });

  it('is refused where it names no class, or one that depends on the object', () => {
    @serializable('decorators.nameless')
    class Nameless {
      @Type(() => undefined as never) field = 1;
    }
    @serializable('decorators.dependent')
    class Dependent {
      @Type((help) => (help?.object['field'] === 1 ? Bid : Shape)) field = 1;
    }
    expect(refusal(() => encode(new Nameless())).message).toMatch(/^Nameless\.field has a @Type that names no class/);
    expect(refusal(() => encode(new Dependent())).message).toMatch(
      /^Dependent\.field has a @Type that depends on the object/,
    );
  });
});

describe('@Expose, @Exclude and @Transform', () => {
  it('rename, leave out and transform as in class-transformer', () => {
    const copy = carried(new Account());
    expect(copy.owner).toBe('ann');
    expect(sameValue(copy.balance, new Money(100n))).toBe(true);
    expect(Object.keys(copy)).toEqual(['owner', 'balance']);
    expect(encode(new Account()).toString('latin1')).toContain('account:n,balance');
    // class-transformer runs the constructor, and with it the initialisers of what was left out.
    const theirs = plainToInstance(Account, instanceToPlain(new Account()));
    expect(theirs).toMatchObject({ owner: copy.owner, balance: copy.balance });
  });

  it('apply to subclasses', () => {
    @serializable('decorators.savings')
    class Savings extends Account {
      rate = 0.01;
    }
    expect(Object.keys(carried(new Savings()))).toEqual(['owner', 'balance', 'rate']);
  });

  it('let a class expose only what it says', () => {
    expect({ ...(carried(new Secretive()) as object) }).toEqual({ known: 1 });
  });

  it('carry an exposed getter and setter as a field, and a mere getter not at all', () => {
    const thermometer = new Thermometer();
    thermometer.kelvin = 250;
    expect(carried(thermometer).kelvin).toBe(250);
  });

  it('show a transformation the other fields', () => {
    @serializable('decorators.sum')
    class Sum {
      a = 1;
      @Expose({ name: 'second' }) b = 2;
      @Transform(({ value, key, obj }: { value: number; key: string; obj: Record<string, number> }) => [key, value, obj['a'], obj['second']], { toClassOnly: true }) // prettier-ignore
      c: unknown = 3;
    }
    expect(carried(new Sum()).c).toEqual(['c', 3, 1, 2]);
  });

  it('are refused at the caller when a transformation fails on the way out or would fail on the way back', () => {
    @serializable('decorators.failing')
    class Failing {
      @Transform(
        () => {
          throw new Error('no way out');
        },
        { toPlainOnly: true },
      )
      field = 1;
    }
    @serializable('decorators.trap')
    class Trap {
      @Transform(
        () => {
          throw new Error('no way back');
        },
        { toClassOnly: true },
      )
      field = 1;
    }
    expect(refusal(() => encode(new Failing()))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/^Failing\.field.*no way out/),
    });
    expect(refusal(() => encode(new Trap()))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/no way back/),
    });
  });

  it('are refused when two fields would travel under one name', () => {
    @serializable('decorators.namesakes')
    class Namesakes {
      @Expose({ name: 'b' }) a = 1;
      b = 2;
    }
    expect(refusal(() => encode(new Namesakes())).message).toMatch(
      /^Namesakes\.b would travel under the name 'b', as a does/,
    );
  });

  it('carry fields whatever their names', () => {
    @serializable('decorators.odd-names')
    class OddNames {
      [name: string]: unknown;
    }
    const odd = Object.assign(new OddNames(), { 'a,b': 1, '%': 2, '': 3, ':': 4, '5': 5, '%2C': 6, toString: 7 });
    Object.defineProperty(odd, '__proto__', { value: 8, enumerable: true, writable: true, configurable: true });
    expect(sameValue(carried(odd), odd)).toBe(true);
  });
});

describe('Decorators that are compiled as standard ones', () => {
  it.each<[string, unknown]>([
    ['Type', Type(() => Bid)],
    ['Exclude', Exclude()],
    ['Expose', Expose()],
    ['Transform', Transform(() => 1)],
  ])('are refused, with the flag that is missing: @%s', (name, decorator) => {
    const context = { kind: 'field', name: 'bids' };
    const { code, message } = refusal(() =>
      (decorator as (value: undefined, context: object) => void)(undefined, context),
    );
    expect(code).toBe('INVALID_OPTION');
    expect(message).toMatch(new RegExp(`@${name} of 'bids'.*"experimentalDecorators": true.*legacyDecorator`));
  });
});

describe('A second copy of class-transformer', () => {
  it('is found when Treplica is loaded', () => {
    const empty = { getExcludedProperties: () => [] };
    expect(refusal(() => checkStorage(theirExclude, empty))).toMatchObject({
      code: 'TWO_COPIES',
      message: expect.stringMatching(/two copies of class-transformer/),
    });
  });
});
