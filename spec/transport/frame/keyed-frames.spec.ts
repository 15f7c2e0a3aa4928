import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { GroupId } from '../../../lib/model/ids.js';
import {
  COUNTER_AT,
  frameIdOf,
  headerBytesUnder,
  KEY_ID_AT,
  LENGTH_AT,
  MESSAGE_HEADER_BYTES,
  SEAL_AT,
} from '../../../lib/transport/frame/frame.js';
import { messagesOf, type Opened, type Refusal } from '../../../lib/transport/frame/frame-decoder.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { SMALL_TEXT_BYTES_MAX } from '../../../lib/transport/frame/small-cipher.js';
import { KeyedReader, KeyedSender } from '../../support/keyed.js';
import { KEY_1, KEY_2, newStart } from '../../support/station.js';

const QUEUE = 'a queue';
const GROUP = 'ffeeddccbbaa9988' as GroupId;
const HEADER_BYTES = headerBytesUnder(KEY_1.id);

let sender: KeyedSender;
let reader: KeyedReader;
beforeEach(() => {
  sender = new KeyedSender(QUEUE);
  sender.encoder.join(GROUP);
  reader = new KeyedReader(QUEUE);
  reader.meet(sender);
});

function textsIn(opened: Opened | Refusal): string[] | Refusal {
  return typeof opened === 'string' ? opened : messagesOf(opened).map(String);
}

describe('a frame under a key', () => {
  it('brings its messages, sender, group and start', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 3_000, size: 'max' }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom('datagram' as const, 'bulk' as const),
        (messages, lane) => {
          const opened = reader.open(Buffer.concat(sender.encoder.encode(messages, lane)));
          if (typeof opened === 'string') throw new Error(opened);
          expect(opened.unmet).toBeNull();
          expect(opened.origin).toEqual({ sender: sender.id, group: GROUP, start: sender.start });
          expect(messagesOf(opened).map((message) => message.toString('hex'))).toEqual(
            messages.map((message) => Buffer.from(message).toString('hex')),
          );
        },
      ),
    );
  });

  it('of messages of any size is whole, large ones among small ones', () => {
    const messages = [10, 70_000, 0, 65_536, 65_537, 5].map((bytes, i) => Buffer.alloc(bytes, i));
    const opened = reader.open(Buffer.concat(sender.encoder.encode(messages, 'bulk')));
    if (typeof opened === 'string') throw new Error(opened);
    expect(messagesOf(opened).map((message, i) => message.equals(messages[i]!))).toEqual(messages.map(() => true));
  });

  it('is whole at the border between the two ciphers, and refused there with a bit flipped', () => {
    for (const bytes of [-1, 0, 1].map((more) => SMALL_TEXT_BYTES_MAX - MESSAGE_HEADER_BYTES + more)) {
      const text = 'x'.repeat(bytes);
      const frame = sender.frame(text);
      const flipped = Buffer.from(frame);
      flipped[frame.length - 1]! ^= 1;
      expect(reader.open(flipped)).toBe('seal');
      expect(textsIn(reader.open(frame))).toEqual([text]);
    }
  });

  it('leaves the messages as they were', () => {
    const [large, small] = [Buffer.alloc(100_000, 'x'), Buffer.from('small')];
    sender.encoder.encode([large, small]);
    sender.encoder.encode([small]);
    expect(large.equals(Buffer.alloc(100_000, 'x'))).toBe(true);
    expect(String(small)).toBe('small');
  });

  it('shows nothing of its messages', () => {
    const frame = sender.frame('a secret that is long enough to be found');
    expect(frame.includes('secret')).toBe(false);
    expect(frame).toHaveLength(HEADER_BYTES + 4 + 40);
  });

  it('is another each time, also in its id', () => {
    const frames = Array.from({ length: 1_000 }, () => sender.frame('x'));
    expect(new Set(frames.map((frame) => frameIdOf(frame))).size).toBe(1_000);
    expect(new Set(frames.map((frame) => frame.toString('hex', COUNTER_AT, COUNTER_AT + 8))).size).toBe(1_000);
    expect(new Set(frames.map((frame) => frame.toString('hex', HEADER_BYTES))).size).toBe(1_000);
  });

  it('with any one bit flipped is refused, and is taken all the same as it was sealed', () => {
    const frame = sender.frame('message', '');
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const flipped = Buffer.from(frame);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(typeof reader.open(flipped)).toBe('string');
    }
    expect(textsIn(reader.open(frame))).toEqual(['message', '']);
  });

  it('cut short or made longer anywhere is refused', () => {
    const frame = sender.frame('one', 'two');
    for (let bytes = 0; bytes < frame.length; bytes += 1) {
      const shorter = Buffer.from(frame.subarray(0, bytes));
      if (bytes >= SEAL_AT) shorter.writeUInt32BE(bytes, LENGTH_AT);
      expect(typeof reader.open(shorter)).toBe('string');
    }
    const longer = Buffer.concat([frame, Buffer.alloc(4)]);
    longer.writeUInt32BE(longer.length, LENGTH_AT);
    expect(reader.open(longer)).toBe('seal');
  });

  it('is taken once', () => {
    const [one, two] = [sender.frame('one'), sender.frame('two')];
    expect(textsIn(reader.open(two))).toEqual(['two']);
    expect(textsIn(reader.open(one))).toEqual(['one']);
    expect([one, two].map((frame) => reader.open(frame))).toEqual(['replay', 'replay']);
  });

  it('of one lane is not taken for one of the other', () => {
    const frame = sender.frame('x');
    frame[COUNTER_AT]! ^= 0x80;
    expect(reader.open(frame)).toBe('seal');
  });

  it('of a lane that is far ahead does not make those of the other too old', () => {
    const late = sender.bulkFrame('late');
    for (let i = 0; i < 40_000; i += 1) sender.encoder.encode([Buffer.of(0)]);
    expect(textsIn(reader.open(sender.frame('x')))).toEqual(['x']);
    expect(textsIn(reader.open(late))).toEqual(['late']);
  });

  it('under a key that is not here is refused as such', () => {
    expect(reader.open(new KeyedSender(QUEUE, { keys: [KEY_2] }).frame('x'))).toBe('key');
  });

  it('under other bytes of a key that is here is refused as such, whether its sender goes by a start that is known or not', () => {
    const other = { id: KEY_1.id, bytes: KEY_2.bytes };
    expect(reader.open(new KeyedSender(QUEUE, { keys: [other] }).frame('x'))).toBe('seal');
    const { id, start } = sender;
    const impostor = new KeyedSender(QUEUE, { id, start, keys: [other] });
    impostor.frame('of a counter that has been taken');
    expect(reader.open(impostor.frame('x'))).toBe('seal');
  });

  it('without a key is refused, and so is one with a key where there is none', () => {
    const plain = new FrameEncoder(QUEUE, sender.id, sender.start);
    expect(reader.open(Buffer.concat(plain.encode([Buffer.from('x')])))).toBe('key');
    const named = Buffer.concat(plain.encode([Buffer.from('x'.repeat(100))]));
    named.writeUInt32BE(KEY_1.id, KEY_ID_AT);
    expect(reader.open(named)).toBe('seal');
  });

  it('of another queue is refused, also by one of the same digest', () => {
    const elsewhere = new KeyedSender('another queue', { id: sender.id, start: sender.start });
    elsewhere.frame('of a counter that has been taken');
    const frame = elsewhere.frame('x');
    expect(reader.open(frame)).toBe('queue');
    sender.frame('x').copy(frame, 0, 0, SEAL_AT);
    frame.writeUInt32BE(frame.length, LENGTH_AT);
    expect(reader.open(frame)).toBe('seal');
  });

  it('for one process is taken by that one alone, whatever the lane, and whether or not it says so', () => {
    const other = new KeyedReader(QUEUE);
    other.meet(sender);
    for (const lane of ['datagram', 'bulk'] as const) {
      const frame = Buffer.concat(sender.encoder.encode([Buffer.from('x')], lane, reader.id));
      expect(other.open(frame)).toBe('seal');
      expect(textsIn(reader.open(frame))).toEqual(['x']);
      frame[COUNTER_AT]! ^= 0x40;
      expect(other.open(frame)).toBe('seal');
    }
  });

  it('that is too old for the window is taken where its sender has just brought it in parts, and spoils no later one', () => {
    const old = sender.bulkFrame('old');
    for (let i = 0; i < 40_000; i += 1) sender.encoder.encode([Buffer.of(0)]);
    const [next, latest] = [sender.bulkFrame('next'), sender.bulkFrame('latest')];
    expect(textsIn(reader.open(latest))).toEqual(['latest']);
    expect(reader.open(old)).toBe('replay');
    expect(reader.decoder.open(old, '', true, reader.id)).toBe('replay');
    expect(textsIn(reader.decoder.open(old, '', true, sender.id))).toEqual(['old']);
    expect(textsIn(reader.open(next))).toEqual(['next']);
  });

  it('whose messages do not fill it is foreign', () => {
    expect(reader.open(Buffer.concat(sender.encoder.encode([])))).toBe('foreign');
  });
});

describe('a ring of keys', () => {
  it('seals with the key that is used, and opens all that it has', () => {
    const both = new KeyedSender(QUEUE, { keys: [KEY_1, KEY_2] });
    reader.meet(both);
    const before = both.frame('under 1');
    both.ring.use(KEY_2.id);
    const after = both.frame('under 2');
    expect(reader.open(after)).toBe('key');
    reader.ring.accept(KEY_2);
    expect(textsIn(reader.open(after))).toEqual(['under 2']);
    expect(textsIn(reader.open(before))).toEqual(['under 1']);
    both.ring.remove(KEY_1.id);
    expect(both.ring.ids).toEqual([KEY_2.id]);
  });

  it('opens nothing under a key that was removed, of starts that were met under it either', () => {
    reader.ring.accept(KEY_2);
    reader.ring.use(KEY_2.id);
    reader.ring.remove(KEY_1.id);
    expect(reader.open(sender.frame('x'))).toBe('key');
    reader.ring.accept({ id: KEY_1.id, bytes: Buffer.alloc(32, 'other') });
    expect(reader.open(sender.frame('x'))).toBe('seal');
  });

  it('does not give up the key that seals, use one that it lacks, or take two keys under one id', () => {
    const { ring } = reader;
    expect(() => ring.remove(KEY_1.id)).toThrow(/key 1 seals what this process sends/);
    expect(() => ring.use(9)).toThrow(/key 9 is not here/);
    expect(() => ring.accept({ id: KEY_1.id, bytes: KEY_2.bytes })).toThrow(/key 1 is here already with other bytes/);
    expect(() => ring.accept({ id: 5, bytes: KEY_1.bytes })).toThrow(/key 5 has the same bytes as the key 1/);
    ring.accept(KEY_1);
    ring.remove(9);
    expect(ring.ids).toEqual([1]);
  });

  it('has another derived key for each queue, sender, start and ring key', () => {
    const senders = [
      sender,
      new KeyedSender(QUEUE, { id: sender.id }),
      new KeyedSender(QUEUE, { start: sender.start }),
      new KeyedSender('another queue', { id: sender.id, start: sender.start }),
      new KeyedSender(QUEUE, { id: sender.id, start: sender.start, keys: [KEY_2] }),
      new KeyedSender(QUEUE, { id: sender.id, start: { ...sender.start, incarnation: 2 } }),
    ].map(
      ({ id, start, ring, queueId }) => new KeyedSender(queueId, { id, start, keys: [ring.has(1) ? KEY_1 : KEY_2] }),
    );
    const encrypted = senders.map((one) =>
      one.frame('the same text under the same counter').toString('hex', HEADER_BYTES),
    );
    expect(new Set(encrypted).size).toBe(senders.length);
  });
});

describe('frames of starts that have not been met', () => {
  it('are opened as such, and as often as they come', () => {
    const stranger = new KeyedSender(QUEUE);
    const frame = stranger.frame('x');
    for (let i = 0; i < 3; i += 1) {
      const opened = reader.open(frame);
      if (typeof opened === 'string') throw new Error(opened);
      expect(opened.unmet).toMatchObject({ counter: 1 });
    }
  });

  it('are tried few at a time', () => {
    const tried = Array.from({ length: 100 }, (_, i) => {
      reader.clock.nowTick = 1_000;
      return reader.decoder.open(new KeyedSender(QUEUE).frame('x'), `10.0.0.${i}`);
    });
    expect(tried.filter((opened) => opened === 'unmet').length).toBe(100 - 32);
    expect(textsIn(reader.open(sender.frame('of one that is met')))).toEqual(['of one that is met']);
  });

  it('are tried from one address while too many come from another', () => {
    const from = (source: string): string => {
      reader.clock.nowTick = 1_000;
      const opened = reader.decoder.open(new KeyedSender(QUEUE).frame('x'), source);
      return typeof opened === 'string' ? opened : 'opened';
    };
    for (let i = 0; i < 100; i += 1) from('10.0.0.1');
    expect([from('10.0.0.1'), from('10.0.0.2'), from('10.0.0.3')]).toEqual(['unmet', 'opened', 'opened']);
  });

  it('are tried the fewer the larger they are', () => {
    const large = 'x'.repeat(60_000);
    const tried = Array.from({ length: 100 }, (_, i) => {
      reader.clock.nowTick = 1_000;
      return reader.decoder.open(new KeyedSender(QUEUE).frame(large), `10.0.0.${i}`);
    });
    expect(tried.filter((opened) => opened !== 'unmet').length).toBe(8);
  });

  it('count no more once a later start of the sender has been met', () => {
    const again = new KeyedSender(QUEUE, { id: sender.id, start: newStart(2) });
    reader.meet(again);
    expect(reader.open(sender.frame('x'))).toMatchObject({ unmet: { start: expect.anything() } });
    expect(textsIn(reader.open(again.frame('y')))).toEqual(['y']);
  });
});
