import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { batchId, NO_OP_ID, ofKind, VALUE_KINDS } from '../../lib/model/batch.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { isBody, packBody, unpackBody } from '../../lib/sequence/batch-body.js';
import { packKeyChange } from '../../lib/sequence/key-change.js';
import { idOfBody, isSound } from '../../lib/sequence/sound-batch.js';
import { packChange } from '../../lib/sequence/view-change.js';
import { bytes } from '../support/arbitraries.js';

const times = fc.double({ noNaN: true, noDefaultInfinity: true });

function pack(messages: readonly Uint8Array[], proposedAtMs = 0): Uint8Array {
  return packBody(
    messages,
    messages.reduce((sum, message) => sum + message.length, 0),
    proposedAtMs,
  );
}

/** Bytes that begin as the body of a batch of messages does. */
const nearly = fc.uint8Array({ maxLength: 60 }).map((rest) => Buffer.concat([Buffer.of(0), rest]));

function isMalformed(body: Uint8Array): boolean {
  try {
    unpackBody(body);
    return false;
  } catch (error) {
    return error instanceof TreplicaError && error.code === 'MALFORMED_BYTES';
  }
}

describe('the body of a batch', () => {
  it('gives back the time and the messages that were packed', () => {
    fc.assert(
      fc.property(fc.array(bytes), times, (messages, time) => {
        const { proposedAtMs, messages: unpacked } = unpackBody(pack(messages, time));
        expect(proposedAtMs).toBe(time);
        expect(unpacked).toEqual(messages.map((message) => Buffer.from(message)));
      }),
    );
  });

  it('may lie anywhere in a larger buffer', () => {
    const body = pack([Buffer.from('one'), Buffer.from('two')], 5);
    const larger = Buffer.concat([Buffer.from('before'), body, Buffer.from('after')]);
    expect(unpackBody(larger.subarray(6, 6 + body.length))).toEqual(unpackBody(body));
  });

  it('shares its bytes with the messages taken from it', () => {
    const body = pack([Buffer.from('one')]);
    const [message] = unpackBody(body).messages;
    body.fill(0x78, body.length - 3);
    expect(message?.toString()).toBe('xxx');
  });

  it('that was cut off is malformed, except between two messages', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1 }), fc.nat(), (messages, cut) => {
        const body = pack(messages);
        const ends = messages.map((_, index) => pack(messages.slice(0, index)).length);
        const length = cut % body.length;
        expect(isMalformed(body.subarray(0, length))).toBe(!ends.includes(length));
      }),
    );
  });

  it('of random bytes can be read or is malformed, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, nearly), (body) => {
        if (isMalformed(body)) return;
        const { messages, proposedAtMs } = unpackBody(body);
        expect(Buffer.from(pack(messages, proposedAtMs))).toEqual(Buffer.from(body));
      }),
    );
  });

  it('whose time is no number is malformed', () => {
    expect(isMalformed(pack([], NaN))).toBe(true);
    expect(isMalformed(pack([], Infinity))).toBe(true);
  });
});

describe('the check before a batch gets a vote', () => {
  const process = 'a'.repeat(16) as ProcessId;

  it('is that its body can be unpacked, without unpacking it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), nearly), (bytes) => {
        let messages = 0;
        try {
          messages = unpackBody(bytes).messages.length;
        } catch {
          // It cannot be.
        }
        expect(isBody('messages', bytes)).toBe(messages > 0);
      }),
      { numRuns: 3_000 },
    );
    const body = packBody([Buffer.alloc(0), Buffer.from('a')], 1, 7);
    expect(isBody('messages', body)).toBe(true);
    expect(isBody('messages', body.subarray(0, body.length - 1))).toBe(false);
    expect(isBody('messages', Buffer.concat([body, Buffer.from([0])]))).toBe(false);
  });

  it('is that its body is of the kind that its id says', () => {
    const series = { process, incarnation: 1, since: 0 as Instance };
    const content = Buffer.from('content');
    const bodies = {
      messages: packBody([content], content.length, 7),
      view: packChange({ follows: 0, members: [process] }),
      engine: packKeyChange({ follows: 0, action: 'use', id: 1 }),
    };
    for (const one of VALUE_KINDS)
      for (const other of VALUE_KINDS)
        expect(isSound({ id: ofKind(one, idOfBody(series, 0, bodies[other])), body: bodies[other] })).toBe(
          one === other,
        );
    for (const number of [VALUE_KINDS.length, 255]) {
      const body = Buffer.concat([Buffer.of(number), content]);
      for (const kind of VALUE_KINDS) expect(isBody(kind, body)).toBe(false);
    }
    expect(isSound({ id: NO_OP_ID, body: new Uint8Array(0) })).toBe(false);
  });

  it('is that the id names this very body', () => {
    const series = { process, incarnation: 1, since: 0 as Instance };
    const [body, other] = ['a', 'b'].map((text) => packBody([Buffer.from(text)], 1, 7)) as [Uint8Array, Uint8Array];
    expect(isSound({ id: idOfBody(series, 0, body), body })).toBe(true);
    expect(isSound({ id: idOfBody(series, 0, body), body: other })).toBe(false);
    expect(isSound({ id: batchId(process, 1, 0), body })).toBe(false);
    const noBody = Buffer.from('x');
    expect(isSound({ id: idOfBody(series, 0, noBody), body: noBody })).toBe(false);
  });
});
