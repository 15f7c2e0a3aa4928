import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ProcessId } from '../../lib/model/ids.js';
import type { Nonce } from '../../lib/model/start.js';
import { KEY_ID_AT, LENGTH_AT } from '../../lib/transport/frame/frame.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { GROUP_A, GROUP_B, newProcessId, SOME_START, Station, type Testbed } from '../support/station.js';

/** The part of the compliance suite about several frames in one datagram. */
export function describeDatagrams(testbed: () => Testbed): void {
  describe('a datagram of several frames', () => {
    const a = newProcessId();
    const b = newProcessId();
    let station: Station;

    beforeEach(async () => {
      station = await Station.open(testbed());
    });

    const frameOf = (from: ProcessId, text: string, { queue = 0, group = GROUP_A } = {}): Buffer => {
      const encoder = new FrameEncoder(testbed().queueIds[queue]!, from, SOME_START);
      encoder.join(group);
      return Buffer.concat(encoder.encode([Buffer.from(text)]));
    };
    const heardOf = async (...frames: readonly Buffer[]): Promise<string[]> => {
      await testbed().inject(Buffer.concat(frames));
      await testbed().inject(frameOf(b, 'end'));
      await testbed().until(() => station.has('end'));
      const texts = station.texts.slice(0, -1);
      station.heard.length = 0;
      return texts;
    };

    it('brings the messages of each, with its own sender and group', async () => {
      await testbed().inject(Buffer.concat([frameOf(a, 'one'), frameOf(b, 'two', { group: GROUP_B })]));
      await testbed().until(() => station.heard.length === 2);
      expect(station.heard.map(({ from, group, message }) => [from, group, message.toString()])).toEqual([
        [a, GROUP_A, 'one'],
        [b, GROUP_B, 'two'],
      ]);
      expect(station.transport.statistics).toMatchObject({ datagramsReceived: 2, foreignDropped: 0 });
    });

    it('in any order brings just the same messages', async () => {
      const texts = ['one', 'two', 'three', 'four', ''];
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(texts), async (some) => {
          expect(await heardOf(...some.map((text) => frameOf(a, text)))).toEqual(some);
        }),
        { numRuns: 50 },
      );
    });

    it('goes on behind a frame of another queue', async () => {
      expect(await heardOf(frameOf(a, 'one'), frameOf(a, 'x', { queue: 1 }), frameOf(a, 'two'))).toEqual([
        'one',
        'two',
      ]);
      expect(station.transport.statistics.foreignDropped).toBe(1);
    });

    it('goes on behind a frame under an unknown key', async () => {
      const sealed = frameOf(a, 'x');
      sealed.writeUInt32BE(5, KEY_ID_AT);
      expect(await heardOf(frameOf(a, 'one'), sealed, frameOf(a, 'two'))).toEqual(['one', 'two']);
      expect(station.transport.statistics).toMatchObject({ keyDropped: 1, foreignDropped: 0 });
    });

    it('ends at a frame of another version', async () => {
      const other = frameOf(a, 'x');
      other.writeUInt8(200, 3);
      expect(await heardOf(frameOf(a, 'one'), other, frameOf(a, 'two'))).toEqual(['one']);
      expect(station.transport.statistics).toMatchObject({ versionDropped: 1, foreignDropped: 0 });
    });

    it('ends at a damaged frame: what seems to follow it may be the inside of a message', async () => {
      const inside = frameOf(a, 'never said');
      const outside = frameOf(a, 'x');
      const message = frameOf(a, 'x'.repeat(100));
      const smuggled = Buffer.concat([outside, inside, message]);
      for (const length of [outside.length, smuggled.length]) {
        const damaged = Buffer.from(smuggled);
        damaged.writeUInt32BE(length, LENGTH_AT);
        damaged[outside.length - 1]! ^= 1;
        expect(await heardOf(frameOf(a, 'one'), damaged)).toEqual(['one']);
      }
      expect(station.transport.statistics.foreignDropped).toBe(2);
    });

    it('with any one bit flipped, or cut short, brings no message that was not sent, and those before the fault', async () => {
      const texts = ['one', 'two', 'three'];
      const frames = texts.map((text) => frameOf(a, text));
      const datagram = Buffer.concat(frames);
      const before = (at: number): number =>
        at < frames[0]!.length ? 0 : at < frames[0]!.length + frames[1]!.length ? 1 : 2;
      await fc.assert(
        fc.asyncProperty(fc.nat(datagram.length * 8 - 1), fc.boolean(), async (bit, isCut) => {
          const changed = Buffer.from(datagram);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          const heard = await heardOf(isCut ? datagram.subarray(0, bit >> 3) : changed);
          const intact = before(bit >> 3);
          expect(heard.slice(0, intact)).toEqual(texts.slice(0, intact));
          expect(texts.filter((text, i) => i !== intact && heard.includes(text))).toEqual(heard);
        }),
        { numRuns: 300 },
      );
    });

    it('that a process has sent itself is not heard, nor counted as foreign', async () => {
      const own = { nonce: 'e'.repeat(32) as Nonce, incarnation: 3 };
      const self = await Station.open(testbed(), { start: own });
      const encoder = new FrameEncoder(testbed().queueIds[0], self.id, own);
      const frame = Buffer.concat(encoder.encode([Buffer.from('own')]));
      await testbed().inject(Buffer.concat([frame, frame]));
      await testbed().inject(frameOf(b, 'end'));
      await testbed().until(() => self.has('end'));
      expect(self.texts).toEqual(['end']);
      expect(self.transport.statistics).toMatchObject({ foreignDropped: 0, keyDropped: 0 });
    });
  });
}
