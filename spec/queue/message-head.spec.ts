import { describe, expect, it } from '@jest/globals';

import { describeHead, MessageHead } from '../../lib/queue/message-head.js';

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
    expect(describeHead(0x1f)).toBe('something of the unknown kind 15');
    expect(describeHead(0x22)).toBe('something of format version 2, where this Treplica reads 1');
    expect(describeHead(undefined)).toBe('a message without a head');
  });
});
