import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ballotOf } from '../../../lib/model/ballot.js';
import { type BatchId, batchId } from '../../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../../lib/model/ids.js';
import { bodyBytesMax, itemsAMessage, votesAPromise } from '../../../lib/paxos/wire/sizes.js';
import { encodeMessage } from '../../../lib/paxos/wire/wire.js';

const anna = 'aaaaaaaaaaaaaaaa' as ProcessId;
const ballot = ballotOf(Number.MAX_SAFE_INTEGER, anna, 'classic');
const instance = Number.MAX_SAFE_INTEGER as Instance;
const longestId = `${batchId(anna, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, instance)}-ffffffff` as BatchId;

/** Messages of the smallest datagram that every host takes, of a usual one, and of one on loopback. */
const maxMessageBytes = fc.integer({ min: 450, max: 65_000 });

it('a promise with as many votes as fit fits, and with one more it would not', () => {
  fc.assert(
    fc.property(maxMessageBytes, (bytes) => {
      const vote = { instance, ballot, id: longestId };
      const promise = (votes: number): number =>
        encodeMessage({
          ...{ kind: 'promise', ballot, watermark: instance, from: instance, until: instance },
          votes: Array.from({ length: votes }, () => vote),
        } as const).length;
      expect(promise(votesAPromise(bytes))).toBeLessThanOrEqual(bytes);
      expect(promise(votesAPromise(bytes) + 1)).toBeGreaterThan(bytes);
    }),
  );
});

it('as many votes or accepts as fit one message fit, and one more vote would not', () => {
  fc.assert(
    fc.property(maxMessageBytes, (bytes) => {
      const said = (kind: 'accept' | 'accepted', count: number): number => {
        const items = Array.from({ length: count }, () => ({ instance, id: longestId }));
        return encodeMessage(kind === 'accept' ? { kind, ballot, items } : { kind, ballot, watermark: instance, items })
          .length;
      };
      expect(said('accepted', itemsAMessage(bytes))).toBeLessThanOrEqual(bytes);
      expect(said('accept', itemsAMessage(bytes))).toBeLessThanOrEqual(bytes);
      expect(said('accepted', itemsAMessage(bytes) + 1)).toBeGreaterThan(bytes);
    }),
  );
});

it('a proposal, or an answer, with the longest body that fits fits, and leaves nothing over', () => {
  fc.assert(
    fc.property(maxMessageBytes, (bytes) => {
      const batch = { id: longestId, body: new Uint8Array(bodyBytesMax(bytes)) };
      const proposal = encodeMessage({ kind: 'propose', ballot, instance, batch }).length;
      expect(proposal).toBe(bytes);
      expect(encodeMessage({ kind: 'batch', batch }).length).toBeLessThanOrEqual(bytes);
    }),
  );
});
