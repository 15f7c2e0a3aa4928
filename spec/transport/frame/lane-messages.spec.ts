import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { bytesOfFrame, FRAME_BYTES_MAX, frameIdOf, SEAL_AT } from '../../../lib/transport/frame/frame.js';
import { headerBytesUnder, NO_KEY } from '../../../lib/transport/frame/frame.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { decodeLaneMessage, encodeLaneMessage, type LaneMessage } from '../../../lib/transport/frame/lane-messages.js';
import { TOP_BYTE_MAX } from '../../../lib/transport/transport.js';
import { idOf } from '../../support/ids.js';
import { SOME_START } from '../../support/station.js';

const HEADER_BYTES = headerBytesUnder(NO_KEY);
const LARGE = Buffer.alloc(50_000, 'x');

describe('messages between transports', () => {
  const ids = fc
    .integer({ min: HEADER_BYTES + 4, max: 60_000_000 })
    .map((bytes) => `${bytes.toString(16).padStart(8, '0')}0badcafe`);
  const numbers = fc.integer({ min: 400, max: 2 ** 20 });
  const ports = fc.integer({ min: 1, max: 65_535 });
  const messages = fc.oneof(
    fc.constantFrom<LaneMessage>({ kind: 'here' }, { kind: 'deaf' }, { kind: 'coming' }),
    fc.record({ kind: fc.constantFrom('got' as const, 'gone' as const), id: ids }),
    fc.record({ kind: fc.constantFrom('probe' as const, 'echo' as const), tick: fc.nat(2 ** 32 - 1) }),
    fc.record({ kind: fc.constant('advice' as const), id: ids, partBytes: numbers, isForEveryone: fc.boolean() }),
    fc.record({
      kind: fc.constant('want' as const),
      id: ids,
      parts: fc.array(numbers, { minLength: 1, maxLength: 64 }),
    }),
    fc.record({
      kind: fc.constant('part' as const),
      id: ids,
      part: numbers,
      bytes: fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
    }),
    fc.record({
      kind: fc.constant('fragment' as const),
      burst: fc.nat(2 ** 32 - 1),
      part: fc.nat(65_535),
      partBytes: fc.integer({ min: 400, max: 65_535 }),
      messageBytes: fc.nat(60_000),
      bytes: fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
    }),
    fc.record({
      kind: fc.constant('again' as const),
      burst: fc.nat(2 ** 32 - 1),
      parts: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 64 }),
    }),
    fc.record({ kind: fc.constant('knock' as const), port: ports, isAnswer: fc.boolean() }),
    fc.record({ kind: fc.constant('neighbour' as const), port: ports, address: fc.oneof(fc.ipV4(), fc.ipV6()) }),
  );

  it('are read as they were written, and begin with a byte of their own', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = Buffer.from(encodeLaneMessage(message));
        expect(decodeLaneMessage(bytes)).toEqual(message);
        expect(bytes[0]).toBeGreaterThan(TOP_BYTE_MAX);
        expect(bytes.length).toBeLessThanOrEqual('bytes' in message ? Infinity : 500);
      }),
    );
  });

  it('are null or of these, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0xf0, max: 0xff }), (rest, kind) => {
        const bytes = Buffer.from([kind, ...rest]);
        const message = decodeLaneMessage(bytes);
        if (message !== null) expect(Buffer.from(encodeLaneMessage(message))).toEqual(bytes);
      }),
    );
  });

  it('name a frame by its length and the beginning of its seal, which its header says', () => {
    const frame = Buffer.concat(new FrameEncoder('a queue', idOf(1), SOME_START).encode([LARGE]));
    const id = frameIdOf(frame.subarray(0, HEADER_BYTES));
    expect(id).toBe(frame.length.toString(16).padStart(8, '0') + frame.toString('hex', SEAL_AT, SEAL_AT + 4));
    expect(bytesOfFrame(id)).toBe(frame.length);
  });

  it('name no frame of a length that none has', () => {
    const bytesOf = (bytes: number): number | null => bytesOfFrame(`${bytes.toString(16).padStart(8, '0')}ffffffff`);
    expect([HEADER_BYTES + 4, FRAME_BYTES_MAX].map(bytesOf)).toEqual([HEADER_BYTES + 4, FRAME_BYTES_MAX]);
    expect([0, HEADER_BYTES + 3, FRAME_BYTES_MAX + 1].map(bytesOf)).toEqual([null, null, null]);
  });
});
