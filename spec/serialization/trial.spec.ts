import { runInThisContext } from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';

import {
  Exclude,
  Expose,
  Operation,
  operation,
  ReplicatedStateMachine,
  serializable,
  StateMachine,
  Transform,
} from '../../lib/index.js';
import { development } from '../../lib/model/development.js';
import { encode } from '../../lib/serialization/codec.js';
import { Encoding } from '../../lib/serialization/encoding.js';
import { MemoryLog } from '../support/memory-queue.js';

/** Private members that no source of the class shows: they are those of a base class whose constructor returns another object. */
const itself = function (object: object): object {
  return object;
} as unknown as new (object: object) => object;
class Seal extends itself {
  #wax = 'red';
  static melt(object: Seal): string {
    return (object.#wax += ' drop');
  }
}

/** What compilers make of private members, where a method is the first to write to them. */
const totals = new WeakMap<object, number>();
const memories = new WeakMap<object, number>();

class Till {
  coins = 1;
  take(amount: number): void {
    totals.set(this, (totals.get(this) ?? 0) + amount);
  }
  get total(): number {
    return totals.get(this) ?? 0;
  }
}
serializable('trial.till')(Till);

class Sealed {
  constructor(readonly text: string) {
    new Seal(this);
  }
}
serializable('trial.sealed')(Sealed);

/** A class decorator that puts a function of its own in the place of the constructor: the source of that says nothing. */
class Masked {
  readonly text = 'a';
  readonly #secret = 1;
  reveal(): number {
    return this.#secret;
  }
}
function Mask(): Masked {
  return new Masked();
}
Mask.prototype = Masked.prototype;
Object.defineProperty(Masked.prototype, 'constructor', { value: Mask });
serializable('trial.masked')(Mask as unknown as new () => Masked);

class Shop extends StateMachine {
  readonly held = new Map<string, unknown>();
}

abstract class Bring extends Operation<Shop> {
  abstract make(): unknown;
  execute({ held }: Shop): void {
    held.set('it', this.make());
  }
}

@operation('trial.bring-till')
class BringTill extends Bring {
  make(): Till {
    const till = new Till();
    till.take(5);
    return till;
  }
}

@operation('trial.bring-sealed')
class BringSealed extends Bring {
  make(): Sealed {
    return new Sealed('letter');
  }
}

@serializable('trial.rounded')
class Rounded {
  @Transform(({ value }) => Math.round(value as number), { toPlainOnly: true }) share = 0.5;
}

@operation('trial.bring-rounded')
class BringRounded extends Bring {
  make(): Rounded {
    return new Rounded();
  }
}

@operation('trial.show')
class Show extends Operation<Shop, unknown> {
  execute(): unknown {
    const till = new Till();
    till.take(5);
    return { till };
  }
}

@operation('trial.pay')
class Pay extends Operation<Shop> {
  readonly till = new Till();
  execute(): void {
    // Nothing to do.
  }
}

const machine = (state = new Shop()): Promise<ReplicatedStateMachine<Shop>> =>
  ReplicatedStateMachine.create(state, new MemoryLog().queue());
const kept = 'keeps something of its instances in totals, which nothing outside of the class can read';

afterEach(() => {
  development.isOn = true;
});

describe('The first value of each class, in development', () => {
  it('is refused at the operation that holds it, where its methods keep something beside its fields', async () => {
    const shop = await machine();
    const pay = new Pay();
    pay.till.take(5);
    const rejected = { code: 'NOT_SERIALIZABLE', message: expect.stringContaining(kept) as unknown };
    await expect(shop.execute(pay)).rejects.toMatchObject(rejected);
    await expect(shop.execute(pay)).rejects.toThrow(/^Pay\.till holds an instance of Till, which cannot be carried/);
    await shop.close();
  });

  it('is refused at the operation that brings it into the state', async () => {
    const shop = await machine();
    await expect(shop.execute(new BringTill())).rejects.toThrow(
      `BringTill has been executed, and the state cannot be saved any more: no checkpoint can be made until that is gone. Shop.held holds an instance of Till, which cannot be carried: it ${kept}`,
    );
    await expect(shop.execute(new BringSealed())).rejects.toThrow(
      /BringSealed has been executed.*Shop\.held holds an instance of Sealed, which cannot be carried: it has #wax, /,
    );
    // A message may have it: all replicas make the same of that.
    encode(new Rounded());
    await expect(shop.execute(new BringRounded())).rejects.toThrow(
      /BringRounded has been executed.*Rounded\.share is not the same when it has been encoded and decoded: 0\.5 becomes 1\./,
    );
    await shop.close();
  });

  it('is refused in the initial state', async () => {
    const shop = new Shop();
    shop.held.set('letter', new Sealed('letter'));
    await expect(machine(shop)).rejects.toThrow(/Shop\.held holds an instance of Sealed.* has #wax/);
  });

  it('is refused as a result', async () => {
    const shop = await machine();
    await expect(shop.execute(new Show())).rejects.toThrow(
      `Show has been executed, but its result cannot be copied for the caller. Object.till holds an instance of Till, which cannot be carried: it ${kept}`,
    );
    await shop.close();
  });

  it('is looked at as it is, and not by the text of what stands for its constructor', () => {
    expect(() => encode(new Masked())).toThrow(/holds an instance of Mask, which cannot be carried: it has #secret/);
  });

  it('is refused where it comes from another global object', () => {
    const Foreign = runInThisContext(
      `(() => { const wm = new WeakSet(); return class Foreign { a = 1; mark() { wm.add(this); return this; } }; })()`,
    ) as new () => { mark(): object };
    serializable('trial.foreign')(Foreign);
    expect(() => encode(new Foreign().mark())).toThrow(/Foreign, which cannot be carried: it keeps .* in wm/);
    expect(() => encode(new Foreign())).not.toThrow();
  });

  it('may leave fields out, read others through accessors, and change them on their way in a message', () => {
    class Item {
      @Exclude() private cents = 5;
      @Transform(({ value }) => Math.round(value as number), { toPlainOnly: true }) share = 0.5;
      @Expose() get price(): number {
        return this.cents / 100;
      }
      set price(price: number) {
        this.cents = price * 100;
      }
    }
    serializable('trial.item')(Item);
    expect(() => encode(new Item())).not.toThrow();
  });

  it('may be a key of what does not belong to its class', () => {
    class Plain {
      readonly a = [1, new Date(0), new Map([[{}, new Set([1])]]), Buffer.from('b'), -0, NaN, Object.freeze({})];
    }
    serializable('trial.plain')(Plain);
    const plain = new Plain();
    memories.set(plain, 1);
    expect(() => encode(plain)).not.toThrow();
    expect(() => encode([plain, plain])).not.toThrow();
  });

  it('is all that is compared, and nothing is in production', async () => {
    development.isOn = false;
    const shop = await machine();
    await expect(shop.execute(new BringTill())).resolves.toBeUndefined();
    await shop.close();
    development.isOn = true;
    let reads = 0;
    class Counted {
      @Exclude() private value = 1;
      @Expose() get counted(): number {
        reads += 1;
        return this.value;
      }
      set counted(value: number) {
        this.value = value;
      }
    }
    serializable('trial.counted')(Counted);
    encode(new Counted());
    const first = reads;
    reads = 0;
    encode(new Counted());
    expect({ first, later: reads }).toEqual({ first: 3, later: 1 });
    // Also where the class comes in by a @Transform, so that the comparison does not meet it.
    class Wrapper {
      @Transform(() => new Inner(), { toPlainOnly: true })
      @Transform(({ value }) => (value as Inner).text, { toClassOnly: true })
      readonly text = 'a';
    }
    class Inner {
      readonly text = 'a';
    }
    serializable('trial.wrapper')(Wrapper);
    serializable('trial.inner')(Inner);
    const news = (): unknown => {
      const encoding = new Encoding(new Wrapper());
      encoding.run();
      return encoding.news;
    };
    expect(news()).toEqual(new Set([Wrapper.prototype, Inner.prototype]));
    encode(new Wrapper());
    expect(news()).toBeNull();
  });
});
