import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_BALLOT } from '../../../lib/model/ballot.js';
import { NO_BASE } from '../../../lib/model/base.js';
import { type BatchId, NO_OP_ID } from '../../../lib/model/batch.js';
import { constants } from '../../../lib/model/constants.js';
import { COUNTER_MAX, type Instance } from '../../../lib/model/ids.js';
import { groupIdOf } from '../../../lib/model/view.js';
import type { WireMessage } from '../../../lib/paxos/wire/routes.js';
import { decodeMessage, encodeMessage } from '../../../lib/paxos/wire/wire.js';
import { TOP_BYTE_MAX } from '../../../lib/transport/transport.js';
import { bytes, messageKinds, messages, messagesOf } from '../../support/arbitraries.js';
import { ANNA } from '../../support/ids.js';
import { repetitions } from '../../support/repetitions.js';

const ballot = { reign: 3, coordinator: ANNA, step: 1 } as const;
const seven = 7 as Instance;
const hello = { kind: 'hello', replicas: 3, intent: 'found', base: '', borderInstances: 1 } as const;
const founding = { attempt: 0, members: [ANNA], base: NO_BASE, borderInstances: 1 };

function encoded(message: WireMessage): Buffer {
  return Buffer.from(encodeMessage(message));
}

/** A message that breaks the types, as bytes. */
function forged(message: object): Buffer {
  return encoded(message as WireMessage);
}

describe('a message on the wire', () => {
  it.each(messageKinds)('of kind %s comes back as it went', (kind) => {
    fc.assert(
      fc.property(messagesOf(kind), (message) => {
        expect(decodeMessage(encoded(message))).toEqual(message);
      }),
    );
  });

  it('begins with the number of its kind, which no other kind has and the transport leaves free', () => {
    const numbers = messageKinds.map((kind) => encoded(fc.sample(messagesOf(kind), 1)[0]!)[0]!);
    expect(new Set(numbers).size).toBe(messageKinds.length);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(TOP_BYTE_MAX);
  });

  it('comes back as it went when its list is longer than any before', () => {
    const items = Array.from({ length: 5000 }, (_, i) => ({
      instance: i as Instance,
      id: `${ANNA}.1.0.${i}` as BatchId,
    }));
    expect(decodeMessage(encoded({ kind: 'accept', ballot, items }))).toEqual({ kind: 'accept', ballot, items });
  });

  it('holds the bodies of its batches and does not copy them', () => {
    const body = Buffer.from('body');
    const incoming = encoded({ kind: 'batch', batch: { id: `${ANNA}.1.0.0` as BatchId, body } });
    const message = decodeMessage(incoming);
    incoming.fill('x', incoming.indexOf('body'));
    expect(message).toEqual({ kind: 'batch', batch: { id: `${ANNA}.1.0.0`, body: Buffer.from('xxxx') } });
  });

  it('does not change when the next one is encoded', () => {
    fc.assert(
      fc.property(messages, messages, (first, second) => {
        const bytesOfFirst = encodeMessage(first);
        encodeMessage(second);
        expect(decodeMessage(Buffer.from(bytesOfFirst))).toEqual(first);
      }),
    );
  });

  it('may be of the founders whose malformed kin are refused below', () => {
    expect(decodeMessage(encoded(hello))).toEqual(hello);
    const group = groupIdOf([ANNA], 0, NO_BASE, 1);
    const found = { kind: 'found', founding: { group, ...founding } } as const;
    expect(decodeMessage(encoded(found))).toEqual(found);
  });

  it('may name no ballot', () => {
    expect(decodeMessage(encoded({ kind: 'refusal', promised: NO_BALLOT }))).toEqual({
      kind: 'refusal',
      promised: NO_BALLOT,
    });
  });

  it('with a number that is not natural is a bug and is not encoded', () => {
    for (const round of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => encodeMessage({ kind: 'ask', incarnation: 1, round })).toThrow('Broken invariant');
    }
    expect(decodeMessage(encoded({ kind: 'ask', incarnation: 1, round: 1 }))).toEqual({
      kind: 'ask',
      incarnation: 1,
      round: 1,
    });
  });
});

describe('bytes from the network', () => {
  /** Each message has exactly one form, so that what was accepted must encode to the same bytes. */
  function expectNullOrMessage(incoming: Buffer): void {
    const message = decodeMessage(incoming);
    if (message !== null) expect(encoded(message)).toEqual(incoming);
  }

  it('that are random are a message or null', () => {
    fc.assert(
      fc.property(fc.nat(36), bytes, (code, rest) => {
        expectNullOrMessage(Buffer.from([code, ...rest]));
      }),
      { numRuns: repetitions(700, 10_000) },
    );
  });

  it('that were changed on the way are a message or null', () => {
    const changes = fc.array(
      fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'flip', 'insert', 'remove', 'cut')),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(messages, changes, (message, list) => {
        let incoming = [...encoded(message)];
        for (const [place, byte, change] of list) {
          const at = place % (incoming.length + 1);
          if (change === 'set') incoming[at] = byte;
          else if (change === 'flip') incoming[at] = (incoming[at] ?? 0) ^ (1 << (byte % 8));
          else if (change === 'insert') incoming.splice(at, 0, byte);
          else if (change === 'remove') incoming.splice(at, 1);
          else incoming = incoming.slice(0, at);
        }
        expectNullOrMessage(Buffer.from(incoming));
      }),
      { numRuns: repetitions(2_000, 20_000) },
    );
  });

  it('that stop early or go on too long are null', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, cut) => {
        const whole = encoded(message);
        expect(decodeMessage(whole.subarray(0, cut % whole.length))).toBeNull();
        expect(decodeMessage(Buffer.concat([whole, Buffer.from([0])]))).toBeNull();
      }),
    );
  });

  it.each<[string, object]>([
    ['a process id in capitals', { kind: 'canvass', ballot: { ...ballot, coordinator: 'AAAAAAAAAAAAAAAA' } }],
    ['a process id that is too short', { kind: 'canvass', ballot: { ...ballot, coordinator: 'aaaa' } }],
    ['a ballot of nobody', { kind: 'canvass', ballot: { ...ballot, coordinator: '' } }],
    ['a third step', { kind: 'canvass', ballot: { ...ballot, step: 2 } }],
    ['a group id that is none', { kind: 'unwilling', refused: 'group' }],
    ['a batch id without a sequence number', { kind: 'fetch', id: `${ANNA}.1.0.`, instance: seven }],
    ['a batch id of incarnation 0', { kind: 'fetch', id: `${ANNA}.0.0.1`, instance: seven }],
    ['a batch id with a leading zero', { kind: 'fetch', id: `${ANNA}.1.0.01`, instance: seven }],
    ['a batch id without a series', { kind: 'fetch', id: `${ANNA}.1.1`, instance: seven }],
    ['a batch id with a line break', { kind: 'fetch', id: `${ANNA}.1.0.1\n`, instance: seven }],
    ['a batch id whose checksum has a leading zero', { kind: 'fetch', id: `${ANNA}.1.0.1-01`, instance: seven }],
    [
      'a batch id whose checksum has more than 32 bits',
      { kind: 'fetch', id: `${ANNA}.1.0.1-4294967296`, instance: seven },
    ],
    ['a batch id of an unknown kind', { kind: 'fetch', id: `${ANNA}x1.0.1`, instance: seven }],
    ['a batch id of no kind', { kind: 'fetch', id: `${ANNA}1.0.1`, instance: seven }],
    ['a no-op with a body', { kind: 'batch', batch: { id: NO_OP_ID, body: Buffer.from('x') } }],
    ['more replicas than a view may have', { ...hello, replicas: 32 }],
    ['an α of nothing', { ...hello, borderInstances: 0 }],
    ['an α that nobody could fill', { ...hello, borderInstances: constants.borderInstancesMax + 1 }],
    ['a founding with no α', { kind: 'found', founding: { ...founding, borderInstances: 0 } }],
    ['a founding of nobody', { kind: 'found', founding: { ...founding, members: [] } }],
    ['a founding with a member twice', { kind: 'found', founding: { ...founding, members: [ANNA, ANNA] } }],
    [
      'a founding of 32',
      {
        kind: 'found',
        founding: {
          ...founding,
          members: Array.from({ length: 32 }, (_, i) => String(i).padStart(16, '0')),
        },
      },
    ],
    ['a backup that has no digest', { ...hello, base: 'backup' }],
    [
      'a founding that begins later, on nothing',
      { kind: 'found', founding: { ...founding, base: { from: 1, digest: '' } } },
    ],
  ])('that hold %s are null', (_what, message) => {
    expect(decodeMessage(forged(message))).toBeNull();
  });

  it.each<[string, string]>([
    ['more than a process may publish', JSON.stringify({ x: 'y'.repeat(constants.factsBytesMax) })],
    ['a list', '["a"]'],
    ['no record', '1'],
    ['nothing', 'null'],
    ['a value that is a record', '{"a":{}}'],
    ['a value that is null', '{"a":null}'],
    ['spaces', '{"a": 1}'],
    ['a key twice', '{"a":1,"a":2}'],
    ['a number that is infinite', '{"a":1e999}'],
    ['no JSON', '{"a":'],
    ['bytes that are no UTF-8, as many as what is read for them', '{"a":"\xf0\x90\x80"}'],
  ])('that hold as facts %s are null', (_what, json) => {
    const bytes = Buffer.from(json, 'latin1');
    const head = encoded({ kind: 'facts', edition: 1, facts: {} }).subarray(0, 9);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    expect(decodeMessage(Buffer.concat([head, length, bytes]))).toBeNull();
    const good = Buffer.from('{"a":1}');
    length.writeUInt32BE(good.length);
    expect(decodeMessage(Buffer.concat([head, length, good]))).toEqual({ kind: 'facts', edition: 1, facts: { a: 1 } });
  });

  it('that hold a number beyond the safe ones are null', () => {
    const largest = encoded({ kind: 'ask', incarnation: Number.MAX_SAFE_INTEGER, round: 1 });
    expect(decodeMessage(largest)).not.toBeNull();
    largest[2] = 0x20;
    expect(decodeMessage(largest)).toBeNull();
  });

  it('that hold an instance or a reign so large that it could not be counted on from are null', () => {
    for (const [number, isHeard] of [
      [COUNTER_MAX, true],
      [COUNTER_MAX + 1, false],
      [Number.MAX_SAFE_INTEGER, false],
    ] as const) {
      // prettier-ignore
      expect(decodeMessage(encoded({ kind: 'fill', until: number as Instance })) !== null).toBe(isHeard);
      expect(decodeMessage(encoded({ kind: 'canvass', ballot: { ...ballot, reign: number } })) !== null).toBe(isHeard);
    }
  });

  it('that claim a longer list than they hold are null', () => {
    const message = encoded({ kind: 'accept', ballot, items: [] });
    message.writeUInt32BE(0xffff_ffff, message.length - 4);
    expect(decodeMessage(message)).toBeNull();
  });

  it('cannot give a founding another group than its own', () => {
    const members = [ANNA];
    for (const base of [NO_BASE, { from: seven, digest: 'b'.repeat(32) }]) {
      const founding = { attempt: 1, members, base, borderInstances: 600 };
      const message = decodeMessage(forged({ kind: 'found', founding: { group: 'f'.repeat(16), ...founding } }));
      expect(message).toEqual({ kind: 'found', founding: { group: groupIdOf(members, 1, base, 600), ...founding } });
    }
  });

  it('of no kind at all are null', () => {
    expect(decodeMessage(Buffer.alloc(0))).toBeNull();
    expect(decodeMessage(Buffer.from([0]))).toBeNull();
    expect(decodeMessage(Buffer.from([255]))).toBeNull();
  });
});
