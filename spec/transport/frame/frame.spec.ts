import { crc32 } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_GROUP, type GroupId, type ProcessId } from '../../../lib/model/ids.js';
import {
  FRAME_HEADER_BYTES,
  FrameDecoder,
  FrameEncoder,
  framedBytes,
  messagesOf,
} from '../../../lib/transport/frame/frame.js';
import type { Nonce } from '../../../lib/model/start.js';
import { newProcessId, SOME_START } from '../../support/station.js';

const QUEUE = '239.255.0.1:7400';
const SENDER = '00112233445566ff' as ProcessId;
const GROUP = 'ffeeddccbbaa9988' as GroupId;

const decoder = new FrameDecoder(QUEUE, newProcessId(), SOME_START);

function encode(messages: readonly Uint8Array[], group = NO_GROUP): Buffer {
  const encoder = new FrameEncoder(QUEUE, SENDER, SOME_START);
  encoder.join(group);
  return Buffer.concat(encoder.encode(messages));
}

describe('a frame', () => {
  it('brings its messages, sender and group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 3000, size: 'max' }), { minLength: 1, maxLength: 20 }),
        (messages) => {
          const frame = encode(messages, GROUP);
          expect(frame.length).toBe(
            messages.reduce((bytes, message) => bytes + framedBytes(message), FRAME_HEADER_BYTES),
          );
          expect(decoder.judge(frame)).toBe('intact');
          expect(decoder.senderOf(frame)).toBe(SENDER);
          expect(decoder.groupOf(frame)).toBe(GROUP);
          const arrived = messagesOf(frame);
          expect(arrived).toHaveLength(messages.length);
          messages.forEach((message, i) => expect(arrived[i]!.equals(message)).toBe(true));
        },
      ),
    );
  });

  it('has this very layout, which other releases have to read', () => {
    expect(encode([Buffer.from('ab'), Buffer.from('c')], GROUP).toString('hex')).toBe(
      [
        '545250',
        '02',
        'c45b597d',
        'e7feaddc',
        '0000003f',
        GROUP,
        SENDER,
        '00000001',
        SOME_START.nonce,
        '00000002',
        '6162',
        '00000001',
        '63',
      ].join(''),
    );
  });

  it('shows any one flipped bit', () => {
    const frame = encode([Buffer.from('message'), Buffer.alloc(0)], GROUP);
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const flipped = Buffer.from(frame);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(decoder.judge(flipped)).not.toBe('intact');
    }
  });

  it('of another start of the process itself is heard', () => {
    const frame = encode([Buffer.from('x')]);
    for (const start of [
      { ...SOME_START, incarnation: 2 },
      { ...SOME_START, nonce: 'd'.repeat(32) as Nonce },
    ]) {
      const own = new FrameDecoder(QUEUE, SENDER, start);
      expect(own.judge(frame)).toBe('intact');
      expect(own.startOf(frame)).toEqual(SOME_START);
    }
  });

  it('of the process itself is told before it is checked', () => {
    const frame = encode([Buffer.from('x')]);
    frame[frame.length - 1]! ^= 1;
    expect(new FrameDecoder(QUEUE, SENDER, SOME_START).judge(frame)).toBe('own');
    expect(decoder.judge(frame)).toBe('foreign');
  });

  it('does not copy large messages', () => {
    const large = Buffer.alloc(50_000);
    const frame = new FrameEncoder(QUEUE, SENDER, SOME_START).encode([
      Buffer.from('small'),
      large,
      Buffer.from('small'),
      large,
    ]);
    expect(frame).toHaveLength(4);
    expect(frame[1]).toBe(large);
    expect(frame[3]).toBe(large);
  });

  it('hands over messages without a copy', () => {
    const frame = encode([Buffer.from('ab')]);
    expect(messagesOf(frame)[0]!.buffer).toBe(frame.buffer);
  });

  it('brings the right ids among thousands of others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 1, maxLength: 2000, size: 'max' }),
        (numbers) => {
          for (const number of numbers) {
            const id = number.toString(16).padStart(16, '0') as ProcessId;
            const frame = Buffer.concat(new FrameEncoder(QUEUE, id, SOME_START).encode([Buffer.from('x')]));
            expect(decoder.senderOf(frame)).toBe(id);
          }
        },
      ),
      { numRuns: 5 },
    );
  });

  it('whose checksum fits but whose messages do not fill it is foreign', () => {
    const judged = (change: (frame: Buffer) => void): string => {
      const frame = encode([Buffer.from('abcd'), Buffer.from('ef')]);
      change(frame);
      frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
      return decoder.judge(frame);
    };
    expect(judged(() => {})).toBe('intact');
    for (const length of [0, 3, 5, 6, 9, 11, 0xffffffff]) {
      expect(judged((frame) => frame.writeUInt32BE(length, FRAME_HEADER_BYTES))).toBe('foreign');
    }
  });

  it('without a message is foreign', () => {
    expect(decoder.judge(encode([]))).toBe('foreign');
  });
});
