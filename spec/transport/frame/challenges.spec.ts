import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../../lib/model/ids.js';
import { Admission } from '../../../lib/transport/frame/admission.js';
import { encodeAdmission, NO_PROOF } from '../../../lib/transport/frame/admission-messages.js';
import { MESSAGE_HEADER_BYTES } from '../../../lib/transport/frame/frame.js';
import type { Opened } from '../../../lib/transport/frame/frame-decoder.js';
import { MetStarts } from '../../../lib/transport/frame/met-starts.js';
import type { Address } from '../../../lib/transport/frame/peers.js';
import { GROUP_A, newStart } from '../../support/station.js';

const FRAME_BYTES = 200;

/** An authentic frame with an opening, of a start that has not been met. */
function opening(): Opened {
  const start = randomBytes(28);
  const message = encodeAdmission({ kind: 'opening', port: 7, proof: NO_PROOF });
  const header = Buffer.alloc(MESSAGE_HEADER_BYTES);
  header.writeUInt32BE(message.length);
  const sender = start.toString('hex', 0, 8) as ProcessId;
  return {
    origin: { sender, group: GROUP_A, start: newStart() },
    keyId: 1,
    ...{ bytes: Buffer.concat([header, message]), at: 0, unmet: { start, counter: 1 } },
  };
}

const at = (host: number): Address => ({ address: `10.0.${host >> 8}.${host & 255}`, port: 7 });

class Challenger {
  /** The ports of those that are challenged, one by one. */
  readonly challenged: string[] = [];
  readonly clock = { nowTick: 0 };
  readonly #admission: Admission;

  constructor(secret: KeyObject = createSecretKey(randomBytes(32))) {
    this.#admission = new Admission({
      ...{ secret, nonce: newStart().nonce, met: new MetStarts('a queue'), clock: this.clock },
      reply: ({ where }) => this.challenged.push(where.address),
      admitted: () => undefined,
      isUnheardBy: () => undefined,
    });
  }

  hear(opened: Opened, from: Address): void {
    this.#admission.admits(opened, from, 'datagram', FRAME_BYTES);
  }
}

describe('starts that have not been met', () => {
  let challenger: Challenger;
  beforeEach(() => {
    challenger = new Challenger();
  });

  it('are each challenged at once, however many share a place in the table', () => {
    for (let host = 0; host < 300; host += 1) challenger.hear(opening(), at(host));
    expect(challenger.challenged).toHaveLength(300);
  });

  it('are challenged at growing intervals', () => {
    const one = opening();
    const ticks: number[] = [];
    for (; challenger.clock.nowTick < 300; challenger.clock.nowTick += 1) {
      const before = challenger.challenged.length;
      challenger.hear(one, at(1));
      if (challenger.challenged.length > before) ticks.push(challenger.clock.nowTick);
    }
    expect(ticks).toEqual([0, 4, 12, 28, 60, 124, 188, 252]);
  });

  it('do not wait for each other at one address', () => {
    const [old, present] = [opening(), opening()];
    for (; challenger.clock.nowTick < 100; challenger.clock.nowTick += 1) challenger.hear(old, at(1));
    const before = challenger.challenged.length;
    challenger.hear(present, at(1));
    expect(challenger.challenged).toHaveLength(before + 1);
  });

  it('share places that nobody can tell who does not have the key', () => {
    const victim = opening();
    const others = Array.from({ length: 3_000 }, opening);
    /** Those after which the victim, which has just been challenged, is challenged again, for they have its place. */
    const displacing = (): number[] => {
      const one = new Challenger();
      return others.flatMap((other, i) => {
        one.hear(victim, at(0));
        one.hear(other, at(i + 1));
        const before = one.challenged.length;
        one.hear(victim, at(0));
        return one.challenged.length > before ? [i] : [];
      });
    };
    const [one, another] = [displacing(), displacing()];
    expect(one.length).toBeGreaterThan(0);
    expect(one).not.toEqual(another);
  });
});
