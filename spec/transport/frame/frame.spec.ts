import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type GroupId, NO_GROUP, type ProcessId } from '../../../lib/model/ids.js';
import type { Nonce } from '../../../lib/model/start.js';
import {
  framedBytes,
  headerBytesUnder,
  KEY_ID_AT,
  LENGTH_AT,
  NO_KEY,
  QUEUE_AT,
  SEAL_AT,
} from '../../../lib/transport/frame/frame.js';
import { FrameDecoder, messagesOf, type Opened } from '../../../lib/transport/frame/frame-decoder.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { CRC_32 } from '../../../lib/transport/frame/seal.js';
import { idOf } from '../../support/ids.js';
import { newProcessId, SOME_START } from '../../support/station.js';

const QUEUE = '239.255.0.1:7400';
const SENDER = '00112233445566ff' as ProcessId;
const GROUP = 'ffeeddccbbaa9988' as GroupId;

const HEADER_BYTES = headerBytesUnder(NO_KEY);

const decoder = new FrameDecoder(QUEUE, newProcessId(), SOME_START);

function opened(frame: Buffer, by = decoder): Opened {
  const result = by.open(frame);
  if (typeof result === 'string') throw new Error(`Refused: ${result}.`);
  return result;
}

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
          expect(frame.length).toBe(messages.reduce((bytes, message) => bytes + framedBytes(message), HEADER_BYTES));
          expect(opened(frame).origin).toEqual({ sender: SENDER, group: GROUP, start: SOME_START });
          const arrived = messagesOf(opened(frame));
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
        '05',
        '00000000',
        'e7feaddc',
        '00000043',
        'a91ea5f3',
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
      expect(typeof decoder.open(flipped)).toBe('string');
    }
  });

  it('of another start of the process itself is heard', () => {
    const frame = encode([Buffer.from('x')]);
    for (const start of [
      { ...SOME_START, incarnation: 2 },
      { ...SOME_START, nonce: 'd'.repeat(32) as Nonce },
    ]) {
      const own = new FrameDecoder(QUEUE, SENDER, start);
      expect(opened(frame, own).origin.start).toEqual(SOME_START);
    }
  });

  it('of the process itself is told before it is checked', () => {
    const frame = encode([Buffer.from('x')]);
    frame[frame.length - 1]! ^= 1;
    expect(new FrameDecoder(QUEUE, SENDER, SOME_START).open(frame)).toBe('own');
    expect(decoder.open(frame)).toBe('foreign');
  });

  it('is told apart by what is wrong with it, before anything of it is believed', () => {
    const refused = (change: (frame: Buffer) => void): unknown => {
      const frame = encode([Buffer.from('x')]);
      change(frame);
      return decoder.open(frame);
    };
    expect(refused((frame) => frame.write('TRQ'))).toBe('foreign');
    for (const version of [0, 1, 2, 3, 255]) expect(refused((frame) => frame.writeUInt8(version, 3))).toBe('version');
    expect(refused((frame) => frame.writeUInt32BE(1, QUEUE_AT))).toBe('queue');
    for (const key of [1, 2 ** 24, 2 ** 32 - 1])
      expect(refused((frame) => frame.writeUInt32BE(key, KEY_ID_AT))).toBe('key');
    expect(refused((frame) => frame.writeUInt32BE(frame.length - 1, LENGTH_AT))).toBe('foreign');
  });

  it('cut short anywhere is none, and is read nowhere beyond its end', () => {
    const frame = encode([Buffer.from('one'), Buffer.from('two')]);
    for (let bytes = 0; bytes < frame.length; bytes += 1) {
      expect(decoder.open(frame.subarray(0, bytes))).toBe('foreign');
      const shorter = Buffer.from(frame.subarray(0, bytes));
      if (bytes >= SEAL_AT) shorter.writeUInt32BE(bytes, LENGTH_AT);
      expect(decoder.open(shorter)).toBe('foreign');
    }
  });

  it('of a length that is another is damaged, whatever its other bytes', () => {
    const frame = encode([Buffer.alloc(8)]);
    expect(CRC_32.fits(frame)).toBe(true);
    for (const bytes of [1, 4, 8]) expect(CRC_32.fits(Buffer.concat([frame, Buffer.alloc(bytes)]))).toBe(false);
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
    expect(messagesOf(opened(frame))[0]!.buffer).toBe(frame.buffer);
  });

  it('brings the right ids among thousands of others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 1, maxLength: 2000, size: 'max' }),
        (numbers) => {
          for (const number of numbers) {
            const id = idOf(number);
            const frame = Buffer.concat(new FrameEncoder(QUEUE, id, SOME_START).encode([Buffer.from('x')]));
            expect(opened(frame).origin.sender).toBe(id);
          }
        },
      ),
      { numRuns: 5 },
    );
  });

  it('brings the right group and start of senders that are told apart by these alone', () => {
    for (let round = 0; round < 2; round += 1)
      for (const group of [GROUP, NO_GROUP, GROUP])
        for (const incarnation of [1, 2]) {
          const start = { ...SOME_START, incarnation };
          const encoder = new FrameEncoder(QUEUE, SENDER, start);
          encoder.join(group);
          const frame = Buffer.concat(encoder.encode([Buffer.from('x')]));
          expect(opened(frame).origin).toEqual({ sender: SENDER, group, start });
        }
  });

  it('whose seal fits but whose messages do not fill it is foreign', () => {
    const judged = (change: (frame: Buffer) => void): boolean => {
      const frame = encode([Buffer.from('abcd'), Buffer.from('ef')]);
      change(frame);
      CRC_32.seal([frame], frame);
      return typeof decoder.open(frame) !== 'string';
    };
    expect(judged(() => {})).toBe(true);
    for (const length of [0, 3, 5, 6, 9, 11, 0xffffffff]) {
      expect(judged((frame) => frame.writeUInt32BE(length, HEADER_BYTES))).toBe(false);
    }
  });

  it('without a message is foreign', () => {
    expect(decoder.open(encode([]))).toBe('foreign');
  });
});
