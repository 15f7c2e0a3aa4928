import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';

import { operation } from '../../lib/machine/operation.js';
import { decode, encode } from '../../lib/serialization/codec.js';
import { register, serializable } from '../../lib/serialization/registry.js';
import { refusal } from './state-support.js';

/** Compiled elsewhere, as source text. */
function classOf(source: string): abstract new () => object {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- stands for code of any compiler
  return new Function(`return (${source});`)() as abstract new () => object;
}

describe('The registry', () => {
  it('has one class for a name', () => {
    @serializable('registry.item')
    class Item {}
    class Article {}
    expect(refusal(() => register(Article, 'registry.item'))).toMatchObject({
      code: 'CLASS_REGISTERED_TWICE',
      message: expect.stringMatching(/'registry\.item'.*Item.*Article/),
    });
    expect(() => register(Item, 'registry.item')).not.toThrow();
  });

  it('takes a class that has been loaded again in place of the earlier one, and carries what there is of that', () => {
    const load = (label: string) => {
      class Reloaded {
        amount = 1;
        label(): string {
          return label;
        }
      }
      serializable('registry.reloaded')(Reloaded);
      return Reloaded;
    };
    const before = new (load('before'))();
    const bytes = encode(before);
    expect((decode(bytes) as typeof before).label()).toBe('before');
    const After = load('after');
    for (const message of [bytes, encode(before), encode(new After())])
      expect((decode(message) as typeof before).label()).toBe('after');
  });

  it('says why a class that has been loaded again with another shape is none in place of the earlier one', () => {
    const load = (source: string): void => register(classOf(source), 'registry.reshaped');
    load('class Reshaped { amount = 1; }');
    expect(refusal(() => load('class Reshaped { amount = 1; currency = 2; }'))).toMatchObject({
      code: 'CLASS_REGISTERED_TWICE',
      message: expect.stringMatching(
        /whose field 'currency' travels .* and there is not there.*hot reload.*start the process again/,
      ),
    });
    expect(refusal(() => load('class Reshaped extends (class Base {}) { amount = 1; }')).message).toMatch(
      /which extends Base and not nothing/,
    );
    expect(() => load('class Reshaped { amount = 2; more() {} }')).not.toThrow();
  });

  it('asks for a name, and for a class', () => {
    expect(refusal(() => serializable(class Item {} as never))).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(/@serializable stands on Item without a name/) }); // prettier-ignore
    expect(refusal(() => serializable('registry.method')({} as never))).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(/no class/) }); // prettier-ignore
  });

  it('takes a class as standard decorators give it', () => {
    class Standard {}
    (serializable('registry.standard') as (type: unknown, context: object) => void)(Standard, {
      kind: 'class',
      name: 'Standard',
    });
    expect(decode(encode(new Standard()))).toBeInstanceOf(Standard);
  });

  it('has one name for a class, and another for its subclass', () => {
    @serializable('registry.base')
    class Base {}
    class Derived extends Base {}
    expect(refusal(() => register(Base, 'registry.other'))).toMatchObject({
      code: 'CLASS_REGISTERED_TWICE',
      message: expect.stringMatching(/registry\.base.*registry\.other/),
    });
    expect(() => register(Derived, 'registry.derived')).not.toThrow();
  });

  it.each(['', 'a b', 'a:b', '/a', '\ufeffa'])('does not accept the name %j', (name) => {
    expect(refusal(() => register(class Named {}, name))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('keeps names of its own, which are refused for classes of the application', () => {
    class Mine {}
    for (const decorate of [serializable, operation])
      expect(refusal(() => decorate('treplica.mine'))).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining("begin with 'treplica.' are those of Treplica's own"),
      });
    expect(() => serializable('treplicas.mine')(Mine)).not.toThrow();
  });

  it('keeps no class that it has refused', () => {
    const refused = classOf('class Refused { #secret = 1 }');
    expect(() => register(refused, 'registry.refused')).toThrow();
    expect(() => register(class Accepted {}, 'registry.refused')).not.toThrow();
  });
});

describe('A class is refused at registration', () => {
  it.each([
    ['a private field', 'class Vault {\n  #secret = 1;\n}'],
    ['a private field, minified', 'class Vault{#secret=1;get(){return this.#secret}}'],
    ['a private field after others', 'class Vault { a = 1; #secret }'],
    ['a private field after a comment', 'class Vault { /** documented */ #secret = 1; }'],
    ['a private method', 'class Vault { a() { return this.#secret() }\n #secret() {} }'],
    ['a private asynchronous generator', 'class Vault { async *#secret() {} }'],
    ['a private accessor', 'class Vault { get #secret() { return 1 } }'],
    ['a private accessor, minified', 'class Vault{static#n=0;get#secret(){return 1}}'],
    [
      'a private field behind a regular expression with a quote',
      "class Vault { a(t) { return t.replace(/['`\"]/g, '') }\n #secret = 1; }",
    ],
    [
      'a private field behind nested templates',
      'class Vault { a(t) { return `${t ? `"` : `${t}\\``}`; }\n #secret = 1; }',
    ],
    ['a private field behind a division', 'class Vault { a = 4 / 2; b = `/`; #secret = 1 / 2; }'],
    ['a private field whose name is escaped', 'class Vault { #\\u0073ecret = 1; }'],
    [
      'a private field beside one of a class around it',
      '(class { #around = 1; static inner = class Vault { a(other) { return other.#around }\n #secret = 1; } }).inner',
    ],
    ['an inherited private field', 'class Vault extends (class Safe { #secret = 1 }) {}'],
  ])('for %s', (_, source) => {
    const vault = classOf(source);
    expect(refusal(() => register(vault, 'registry.vault'))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/Vault.*#secret/),
    });
  });

  it('for a private field that a compiler has turned into a WeakMap', () => {
    const vault = classOf('class Vault { get() { return __classPrivateFieldGet(this, _Vault_secret, "f"); } }');
    expect(refusal(() => register(vault, 'registry.vault'))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/private/),
    });
  });

  it.each([
    [
      'Babel',
      'class Vault { constructor() { _classPrivateFieldInitSpec(this, _total, 0); } add(n) { _classPrivateFieldSet(_total, this, n); } }',
    ],
    [
      'Babel, for engines without classes',
      'function Vault() { _classCallCheck(this, Vault); _classPrivateFieldInitSpec(this, _total, 0); }',
    ],
    ['swc', 'class Vault { constructor() { _class_private_field_init(this, _total, { writable: true, value: 0 }); } }'],
    [
      'esbuild',
      'class Vault { constructor() { __privateAdd(this, _total, 0); } add(n) { __privateSet(this, _total, n); } }',
    ],
    ['TypeScript, minified', 'class Vault{constructor(){e.set(this,0)}add(t){return n(this,e,"f")+t}}'],
    [
      'a private method of TypeScript, minified',
      'class Vault{constructor(){e.add(this)}add(t){return n(this,e,"m",r).call(this,t)}}',
    ],
    ['esbuild, minified', 'class Vault{constructor(){i(this,e,0)}add(t){return s(this,e,n(this,e)+t)}}'],
    ['Babel, minified', 'class Vault{constructor(){(0,i.default)(this,e,0)}add(t){return s(e,this,t)}}'],
    ['a field, minified', 'class Vault{a=i(this,e,0);add(t){return s(e,this,t)}}'],
  ])('for a private member as compiled by %s', (_, source) => {
    expect(refusal(() => register(classOf(source), 'registry.vault'))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(
        /^Instances of Vault cannot be carried: Vault (has a private member|keeps something of its instances in e),/,
      ),
    });
  });

  it.each(['Map', 'Array', 'Date', 'Error', 'Promise'])('for extending %s', (base) => {
    const derived = classOf(`class Derived extends ${base} {}`);
    expect(refusal(() => register(derived, 'registry.derived-from-built-in'))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(new RegExp(base)),
    });
  });

  it.each([
    ['a colour in a string', "class Plain { colour = '#fff'; }"],
    ['a heading in a template', 'class Plain { text() { return `\n#title ${`#nested`}\n`; } }'],
    ['an issue in a comment', 'class Plain {\n  // see\n  // #abc\n /* {#abc} */ }'],
    ['a quote in a regular expression', "class Plain { a = /['\"]/.test('#a'); }"],
    ['a private member of a class within', 'class Plain { a() { return class { #inner = 1 } } }'],
    ['a parent that is told', 'class Plain { constructor(parent) { parent.children.add(this); parent.add(this); } }'],
    [
      'a function that looks at it',
      'class Plain { constructor(a) { assertValid(this, schema); } set() { assertValid(this, schema); } }',
    ],
    [
      'the code that compilers make of fields',
      'class Plain { constructor(a) { __publicField(this, "a", a); _defineProperty(this, "b", 1); Object.assign(this, a); } }',
    ],
    [
      'a static private member, which instances do not have',
      'class Plain { static #count = 0; static next() { return Plain.#count++ } }',
    ],
  ])('but not for %s', (_, source) => {
    const plain = classOf(source);
    expect(() => register(plain, `registry.plain.${Math.random()}`)).not.toThrow();
  });
});

describe('A class that a field declares', () => {
  it('is refused when it is first met', () => {
    class Vault {
      #secret = 1;
      open(): number {
        return this.#secret;
      }
    }
    @serializable('registry.bank')
    class Bank {
      @Type(() => Vault) vault = new Vault();
    }
    expect(refusal(() => encode(new Bank()))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/Bank\.vault.*Vault has #secret/),
    });
  });
});
