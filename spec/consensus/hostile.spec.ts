import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Message } from '../../lib/consensus/messages.js';
import type { CoreGroup } from '../support/core-group.js';
import { besideStranger, expectToWork, kinds, messagesOf, STRANGER } from './hostile-messages.js';

/**
 * What only authentication can tell from the word of the member under whose id it comes: a vote, a promise, its own reign,
 * its own batch. Whoever may say these decides whatever it likes.
 */
function isWordOfMember(message: Message): boolean {
  switch (message.kind) {
    case 'accepted':
    case 'promise':
    case 'report':
    case 'any':
    case 'accept':
    case 'propose':
    case 'batch':
      return true;
    case 'heartbeat':
      return message.anyFrom !== null;
    default:
      return false;
  }
}

/** Hears all of them, in the order given, each at one member. */
function hear(group: CoreGroup, from: number, messages: readonly Message[]): void {
  for (const [i, message] of messages.entries()) {
    // A stranger may propose, as everyone may who learns from the group.
    if ((message.kind === 'batch' || message.kind === 'propose') && message.batch.body.length > 0)
      group.checker.proposed(message.batch);
    group.forge(from, 1 + (i % 3), message);
    if (i % 5 === 0) group.step();
  }
}

describe.each(['classic', 'fast'] as const)('whatever a stranger says, in %s mode', (mode) => {
  it.each(kinds)('of kind %s, the group goes on', (kind) => {
    fc.assert(
      fc.property(fc.array(messagesOf(kind), { minLength: 1, maxLength: 20 }), (messages) => {
        const group = besideStranger({ mode });
        hear(group, STRANGER, messages);
        expectToWork(group, 10);
      }),
      { numRuns: 6 },
    );
  });

  it('of all kinds at once, the coordinator stays', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...kinds.map(messagesOf)), { minLength: 50, maxLength: 200 }), (messages) => {
        const group = besideStranger({ mode });
        hear(group, STRANGER, messages);
        expectToWork(group, 10);
        expect(group.processes.flatMap((p) => p.noticed('resigned'))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('whichever messages are forged under the id of a member, except those that only that member may send,', () => {
  it.each([1, 3])('as of process %i, the group goes on', (member) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...kinds.map(messagesOf)), { minLength: 20, maxLength: 100 }), (messages) => {
        const group = besideStranger();
        // Before a time is published, a member's word may end the founding.
        group.runTicks(20);
        hear(group, member, messages.filter((message) => !isWordOfMember(message))); // prettier-ignore
        expectToWork(group, 60);
      }),
      { numRuns: 30 },
    );
  });
});
