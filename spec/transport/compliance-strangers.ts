import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FRAME_VERSION, KEY_ID_AT } from '../../lib/transport/frame/frame.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { newProcessId, SOME_START, Station, type Testbed } from '../support/station.js';

/** The part of the compliance suite about what strangers, and damage, put on the queue's address. */
export function describeStrangers(testbed: () => Testbed): void {
  describe('a datagram that is no frame of the queue', () => {
    let stranger: FrameEncoder;
    let station: Station;

    const dropped = (): number => {
      const { foreignDropped, versionDropped, keyDropped } = station.transport.statistics;
      return foreignDropped + versionDropped + keyDropped;
    };
    const valid = (...texts: string[]): Buffer =>
      Buffer.concat(stranger.encode(texts.map((text) => Buffer.from(text))));
    const dropsOnly = async (bytes: Uint8Array): Promise<void> => {
      const before = dropped();
      await testbed().inject(bytes);
      await testbed().inject(valid('still there'));
      await testbed().until(() => station.heard.length > 0);
      expect(station.texts).toEqual(['still there']);
      expect(dropped()).toBe(before + 1);
      station.heard.length = 0;
    };

    beforeEach(async () => {
      stranger = new FrameEncoder(testbed().queueIds[0], newProcessId(), SOME_START);
      station = await Station.open(testbed());
    });

    it('random bytes are counted and dropped, and stop nothing', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), dropsOnly), { numRuns: 200 });
    });

    it('frames with any one bit flipped are counted and dropped, and stop nothing', async () => {
      const frame = valid('one', 'two');
      await fc.assert(
        fc.asyncProperty(fc.nat(frame.length * 8 - 1), async (bit) => {
          const flipped = Buffer.from(frame);
          flipped[bit >> 3]! ^= 1 << (bit & 7);
          await dropsOnly(flipped);
        }),
        { numRuns: 400 },
      );
    });

    it('frames cut short are counted and dropped, and stop nothing', async () => {
      const frame = valid('one', 'two');
      for (let length = 0; length < frame.length; length += 1) await dropsOnly(frame.subarray(0, length));
    });

    it('bytes behind a frame are counted and dropped, and neither stop nor change anything', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (more) => {
          const before = dropped();
          await testbed().inject(Buffer.concat([valid('one', 'two'), more]));
          await testbed().inject(valid('still there'));
          await testbed().until(() => station.has('still there'));
          expect(station.texts).toEqual(['one', 'two', 'still there']);
          expect(dropped()).toBe(before + 1);
          station.heard.length = 0;
        }),
      );
    });

    it("another queue's frames are counted and dropped", async () => {
      const elsewhere = new FrameEncoder(testbed().queueIds[1], newProcessId(), SOME_START);
      await dropsOnly(Buffer.concat(elsewhere.encode([Buffer.from('x')])));
      expect(station.transport.statistics.foreignDropped).toBe(1);
    });

    it('frames of another version are counted by themselves and reported once for each sender', async () => {
      const other = valid('x');
      other.writeUInt8(200, 3);
      for (let i = 0; i < 5; i += 1) await dropsOnly(other);
      expect(station.transport.statistics).toMatchObject({ versionDropped: 5, foreignDropped: 0, keyDropped: 0 });
      const warnings = station.log.lines.filter(({ text }) => text.includes('version 200'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatchObject({ level: 'warn', facts: { theirs: 200, ours: FRAME_VERSION } });
    });

    it('frames under an unknown key are counted by themselves, reported once, and nothing is learnt of their sender', async () => {
      const id = newProcessId();
      const sealed = Buffer.concat(
        new FrameEncoder(testbed().queueIds[0], id, SOME_START).encode([Buffer.from('secret')]),
      );
      sealed.writeUInt32BE(77, KEY_ID_AT);
      for (let i = 0; i < 5; i += 1) await dropsOnly(sealed);
      expect(station.transport.statistics).toMatchObject({ versionDropped: 0, foreignDropped: 0, keyDropped: 5 });
      expect(station.log.lines.filter(({ text }) => text.includes('the key 77'))).toHaveLength(1);
      station.send(id, 'to nobody known');
      expect(station.transport.statistics.unsent).toBe(1);
    });
  });
}
