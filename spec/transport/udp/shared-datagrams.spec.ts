import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Frame } from '../../../lib/transport/frame/frame.js';
import type { Address } from '../../../lib/transport/frame/peers.js';
import { type Sent, SharedDatagrams } from '../../../lib/transport/udp/shared-datagrams.js';

const LIMIT = 100;

interface Left {
  readonly bytes: number[];
  readonly to: Address;
  readonly sent: Sent;
}

function gathered(frames: readonly { readonly bytes: readonly number[]; readonly port: number }[], told: Sent): Left[] {
  const left: Left[] = [];
  const datagrams = new SharedDatagrams((datagram: Frame, to, sent) => {
    left.push({ bytes: [...Buffer.concat(datagram)], to, sent });
  });
  for (const { bytes, port } of frames)
    datagrams.add([Uint8Array.from(bytes)], { address: '127.0.0.1', port }, LIMIT, told);
  datagrams.flush();
  return left;
}

describe('shared datagrams', () => {
  it('frames to one address share a datagram, and those to another do not', () => {
    const frames = [1, 2, 1, 2, 1].map((port, i) => ({ bytes: [i], port }));
    expect(gathered(frames, () => undefined)).toMatchObject([
      { bytes: [0, 2, 4], to: { port: 1 } },
      { bytes: [1, 3], to: { port: 2 } },
    ]);
  });

  it('whatever is gathered leaves once, in its order, in datagrams that are full before another is begun', () => {
    const frame = fc.record({
      bytes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 60 }),
      port: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 40 }), (frames) => {
        const left = gathered(frames, () => undefined);
        for (const port of [1, 2, 3]) {
          const datagrams = left.filter(({ to }) => to.port === port).map(({ bytes }) => bytes);
          expect(datagrams.flat()).toEqual(frames.filter((one) => one.port === port).flatMap(({ bytes }) => bytes));
          for (const { length } of datagrams) expect(length).toBeLessThanOrEqual(LIMIT);
          for (let i = 1; i < datagrams.length; i += 1)
            expect((datagrams[i - 1]?.length ?? 0) + (datagrams[i]?.length ?? 0)).toBeGreaterThan(LIMIT);
        }
      }),
    );
  });

  it('a frame of many pieces shares no datagram that would have more of them than the kernel takes', () => {
    const left: number[] = [];
    const datagrams = new SharedDatagrams((datagram) => left.push(datagram.length));
    const pieces = Array.from({ length: 200 }, () => Uint8Array.of(0));
    for (let i = 0; i < 4; i += 1) datagrams.add(pieces, { address: '127.0.0.1', port: 1 }, 10_000, () => undefined);
    datagrams.flush();
    expect(left).toEqual([400, 400]);
  });

  it('each frame is told of the error of its datagram', () => {
    const errors: (Error | null)[] = [];
    const [datagram] = gathered(
      [1, 2].map((byte) => ({ bytes: [byte], port: 1 })),
      (error) => errors.push(error),
    );
    const refused = new Error('refused');
    datagram?.sent(refused);
    expect(errors).toEqual([refused, refused]);
  });
});
