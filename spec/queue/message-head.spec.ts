import { describe, expect, it } from '@jest/globals';

import { describeHead, MessageHead, unknownHead } from '../../lib/queue/message-head.js';

describe('The head of a message', () => {
  it('is what is in every log: a version in the high bits and a kind in the low bits', () => {
    expect(MessageHead).toEqual({ raw: 0x10, value: 0x11, operation: 0x12, systemOperation: 0x13 });
  });

  it('says what follows, also where this release does not know it', () => {
    expect(Object.values(MessageHead).map(describeHead)).toEqual([
      'raw bytes',
      'a value',
      'an operation',
      'an operation of Treplica',
    ]);
    expect(describeHead(0x1f)).toBe('of kind 15 in message format 1');
    expect(describeHead(0x22)).toBe('of kind 2 in message format 2');
    expect(describeHead(undefined)).toBe('a message without a head');
  });

  it('of a later release is refused with both versions and the remedy', () => {
    expect(unknownHead(0x22, 7)).toMatchObject({
      code: 'MESSAGE_VERSION',
      message: expect.stringMatching(
        /^The message at position 7 is of kind 2 in message format 2, .* reads format 1 with the kinds 0, 1, 2, 3\. .*: run a release that knows it at every process\.$/,
      ),
    });
  });
});
