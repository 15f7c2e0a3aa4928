import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';

import { encode } from '../../lib/serialization/codec.js';
import { register, serializable } from '../../lib/serialization/registry.js';

function refusal(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('was not refused');
}

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
