import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { TreplicaError } from '../../lib/model/errors.js';
import { serializable } from '../../lib/serialization/registry.js';
import { StateDecoder } from '../../lib/serialization/state-decoder.js';
import { STATE_FORMAT, Tag } from '../../lib/serialization/state-format.js';
import { Box, piecesOf, refusal, stateIn } from './state-support.js';

@serializable('state-malformed.bid')
class Bid {
  readonly history = new Map<string, unknown>([
    ['a', [1n, new Date(0), Buffer.from('abc'), new Uint8Array(3)]],
    ['b', { nested: new Set<unknown>([-0, 'ü', 'x'.repeat(70), '\ud800', 300, -70_000, 2 ** 40]) }],
  ]);
  constructor(readonly bidder: unknown) {}
}

const subject = new Box([new Bid('ann'), new Bid('bob'), Object.assign(new Array<number>(9), { 3: 1 })]);
subject.second = subject;
const OUTCOMES = ['decoded', 'MALFORMED_BYTES', 'CLASS_NOT_REGISTERED', 'STATE_MISMATCH', 'LEDGER_VERSION'];

function outcome(pieces: readonly Uint8Array[]): string {
  try {
    stateIn(pieces, new Box());
    return 'decoded';
  } catch (error) {
    return error instanceof TreplicaError ? error.code : `not ours: ${String(error)}`;
  }
}

/** A state whose field holds what these bytes say. */
function forged(...contents: readonly (number | string)[]): Buffer {
  const text = (value: string): Buffer => Buffer.from([Tag.shortString + value.length, ...Buffer.from(value)]);
  const bytes = contents.map((content) => (typeof content === 'string' ? text(content) : Buffer.from([content])));
  return Buffer.concat([Buffer.from([0, STATE_FORMAT]), Buffer.from([0, 0]), text(':first'), ...bytes]);
}

describe('Pieces that were not made by the codec', () => {
  it('decode when nothing is wrong with them', () => {
    expect(outcome([forged(5, Tag.end)])).toBe('decoded');
    expect(stateIn([forged(Tag.reference, 0, Tag.end)], new Box()).first).toBeInstanceOf(Box);
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no end', forged(5)],
    ['something after the end', forged(5, Tag.end, 5)],
    ['an end too early', forged(Tag.end)],
    ['an unknown token', forged(0xdf, Tag.end)],
    ['a skip outside of an array', forged(Tag.skip, 1, Tag.end)],
    ['a skip beyond the end of its array', forged(Tag.array, 3, Tag.skip, 4, Tag.end)],
    ['a reference to nothing', forged(Tag.reference, 7, Tag.end)],
    ['a header that has not come before', forged(Tag.shortInstance, Tag.end)],
    ['a header that names no fields', forged(Tag.newHeader, 'state-malformed.bid', Tag.end)],
    ['a header that is none', forged(Tag.newHeader, 1, Tag.end)],
    ['an instance that leaves its class to nobody', forged(Tag.newHeader, ':bidder', 1, Tag.end)],
    ['a date without its time', forged(Tag.date, 'x', Tag.end)],
    ['a property whose name is no string', forged(Tag.object, 1, 1, 1, Tag.end)],
    ['a bigint that is none', forged(Tag.bigint, 'x', Tag.end)],
    ['a text beyond its piece', forged(Tag.utf8, 100, 65)],
    ['bytes beyond the piece', forged(Tag.bytes, 0xff, 0xff, 0xff, 0xff, 0x0f, 65)],
    ['an array that is too long', forged(Tag.array, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, Tag.end)],
    ['a number that is too large', forged(Tag.reference, ...new Array<number>(8).fill(0xff), 0x0f)],
  ])('are malformed when they hold %s', (_, piece) => {
    expect(outcome([piece])).toBe('MALFORMED_BYTES');
  });

  it.each([STATE_FORMAT - 1, STATE_FORMAT + 1])(
    'are refused by their version where they are in format %i',
    (format) => {
      expect(refusal(() => stateIn([Buffer.from([0, format, 0])], new Box()))).toMatchObject({
        code: 'LEDGER_VERSION',
        message: expect.stringContaining(`a state in format ${format}, and this Treplica reads ${STATE_FORMAT}`),
      });
    },
  );

  it('are malformed when they are cut short, missing, twice there, in another order or of too many states', () => {
    const pieces = piecesOf(subject, 24);
    expect(outcome(pieces)).toBe('decoded');
    for (const [i, piece] of pieces.entries()) {
      expect(outcome(pieces.with(i, piece.subarray(0, piece.length - 1)))).not.toBe('decoded');
      expect(outcome(pieces.toSpliced(i, 1))).toBe('MALFORMED_BYTES');
      expect(outcome(pieces.toSpliced(i, 0, piece))).toBe('MALFORMED_BYTES');
      expect(outcome(pieces.slice(0, i))).toBe('MALFORMED_BYTES');
      if (i > 0) expect(outcome(pieces.with(i, pieces[i - 1]!))).toBe('MALFORMED_BYTES');
    }
    expect(outcome([...pieces, ...pieces])).toBe('MALFORMED_BYTES');
  });

  it('never crash the process, never hang it and never reach a prototype, whatever they are', () => {
    const pieces = piecesOf(subject, 200);
    const damage = fc.array(fc.tuple(fc.nat(pieces.length - 1), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = pieces.map((piece) => Buffer.from(piece));
        for (const [i, at, byte] of changes) {
          const piece = damaged[i] as Buffer;
          piece[at % piece.length] = byte;
        }
        return OUTCOMES.includes(outcome(damaged));
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) =>
        OUTCOMES.includes(outcome([Buffer.concat([forged(), tail])])),
      ),
      { numRuns: 2_000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('reserve no memory for what they only announce', () => {
    const longest = [0xff, 0xff, 0xff, 0xff, 0x0f];
    const list = Array.from({ length: 200 }, () => [Tag.array, ...longest, Tag.skip, ...longest]).flat();
    const before = process.memoryUsage().rss;
    expect(outcome([forged(Tag.array, 0xc8, 1, ...list, Tag.end)])).toBe('decoded');
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  it('leave the decoder of no use', () => {
    const decoder = new StateDecoder(new Box());
    expect(refusal(() => decoder.finish()).code).toBe('MALFORMED_BYTES');
    expect(refusal(() => { decoder.push(Buffer.from([9])); }).code).toBe('MALFORMED_BYTES'); // prettier-ignore
    expect(refusal(() => { decoder.push(forged(5, Tag.end)); }).code).toBe('MALFORMED_BYTES'); // prettier-ignore
    expect(refusal(() => decoder.finish()).code).toBe('MALFORMED_BYTES');
  });

  it('name the class that is missing, where it is missing, and the remedy', () => {
    expect(refusal(() => stateIn([forged(Tag.newHeader, 'gone:amount', 1, Tag.end)], new Box()))).toMatchObject({
      code: 'CLASS_NOT_REGISTERED',
      message: expect.stringMatching(/^A checkpoint holds an instance of 'gone'.*import the module/),
    });
  });
});
