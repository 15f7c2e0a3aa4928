import { beforeEach, describe, expect, it } from '@jest/globals';

import { EVERYONE, type Message } from '../../lib/consensus/messages.js';
import { Outbox } from '../../lib/consensus/outbox.js';
import { ballotOf } from '../../lib/model/ballot.js';
import { NO_OP_ID } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';

const SELF = 'aaaaaaaaaaaaaaaa' as ProcessId;
const OTHER = 'bbbbbbbbbbbbbbbb' as ProcessId;
const BALLOT = ballotOf(1, SELF, 'classic');
const FIRST = 0 as Instance;
const PROMISE: LedgerRecord = { kind: 'promise', ballot: BALLOT };

let outbox: Outbox;

beforeEach(() => {
  outbox = new Outbox(SELF);
});

function question(round: number): Message {
  return { kind: 'ask', incarnation: 1, round };
}

/** The rounds of the questions that the process hears from itself now. */
function heard(): number[] {
  const rounds: number[] = [];
  for (let message = outbox.nextLocal(); message !== undefined; message = outbox.nextLocal()) {
    if (message.kind === 'ask') rounds.push(message.round);
  }
  return rounds;
}

describe('a message of a process to itself', () => {
  it('is heard at once if it rests on nothing', () => {
    outbox.send(SELF, question(1));
    outbox.send(EVERYONE, question(2));
    outbox.send(OTHER, question(3));
    expect(heard()).toEqual([1, 2]);
    expect(outbox.take(FIRST, false).messages.map(({ to }) => to)).toEqual([EVERYONE, OTHER]);
  });

  it('is heard when the records are durable if it rests on them', () => {
    outbox.persist(PROMISE);
    outbox.sendOnceDurable(EVERYONE, question(1));
    outbox.take(FIRST, false);
    expect(heard()).toEqual([]);
    outbox.durable();
    expect(heard()).toEqual([1]);
  });

  it('is not heard when earlier records are durable, though it was said before they were', () => {
    outbox.sendOnceDurable(SELF, question(1));
    outbox.take(FIRST, false);
    outbox.persist(PROMISE);
    outbox.sendOnceDurable(SELF, question(2));
    outbox.durable();
    expect(heard()).toEqual([1]);
    expect(outbox.take(FIRST, false).records).toEqual([PROMISE]);
    outbox.durable();
    expect(heard()).toEqual([2]);
  });
});

describe('the output that is taken', () => {
  it('has the votes and accepts of one turn in one message a ballot', () => {
    const higher = ballotOf(2, OTHER, 'classic');
    for (const instance of [0, 1, 2] as Instance[]) outbox.vote(BALLOT, { instance, id: NO_OP_ID });
    outbox.vote(higher, { instance: FIRST, id: NO_OP_ID });
    const messages = outbox.take(FIRST, false).votes.map(({ message }) => message);
    expect(messages).toMatchObject([
      { kind: 'accepted', ballot: BALLOT, items: [{ instance: 0 }, { instance: 1 }, { instance: 2 }] },
      { kind: 'accepted', ballot: higher, items: [{ instance: 0 }] },
    ]);
  });

  it('has a vote once, however often it was asked for again in that turn', () => {
    const higher = ballotOf(2, OTHER, 'classic');
    const items = [0, 1].map((instance) => ({ instance: instance as Instance, id: NO_OP_ID }));
    for (const item of items) outbox.vote(BALLOT, item);
    outbox.vote(higher, items[0]!);
    for (const item of items) outbox.voteAgain(BALLOT, item);
    outbox.voteAgain(higher, items[0]!);
    expect(outbox.take(FIRST, false).votes.map(({ message }) => message)).toMatchObject([
      { kind: 'accepted', ballot: BALLOT, items },
      { kind: 'accepted', ballot: higher, items: items.slice(0, 1) },
    ]);
    outbox.voteAgain(BALLOT, items[0]!);
    expect(outbox.take(FIRST, false).votes.length).toBe(1);
  });

  it('has a watermark that moved along with other records, and never by itself', () => {
    expect(outbox.take(5 as Instance, true).records).toEqual([]);
    outbox.persist(PROMISE);
    expect(outbox.take(5 as Instance, true).records).toEqual([PROMISE, { kind: 'watermark', watermark: 5 }]);
    outbox.persist(PROMISE);
    expect(outbox.take(5 as Instance, false).records).toEqual([PROMISE]);
  });

  it('has an answer to each of several questions of one process about different parts of the log', () => {
    const parts = [0, 10, 20].map((from) => ({ to: OTHER, from: from as Instance, until: (from + 10) as Instance }));
    for (const part of parts) outbox.supply(part);
    outbox.supply(parts[1]!);
    outbox.supply({ to: SELF, from: FIRST, until: null });
    expect(outbox.take(FIRST, false).supplies).toEqual([...parts, { to: SELF, from: FIRST, until: null }]);
  });

  it('has one answer, from the lowest instance on, to all questions about everything that is decided', () => {
    for (const from of [7, 3, 5] as Instance[]) outbox.supply({ to: OTHER, from, until: null });
    expect(outbox.take(FIRST, false).supplies).toEqual([{ to: OTHER, from: 3, until: null }]);
  });

  it('is taken once', () => {
    outbox.persist(PROMISE);
    outbox.send(OTHER, question(1));
    outbox.sendOnceDurable(OTHER, question(2));
    outbox.readable(1);
    outbox.take(FIRST, false);
    const { messages, records, votes, readable } = outbox.take(FIRST, false);
    expect([messages, records, votes, readable]).toEqual([[], [], [], []]);
  });
});

describe('votes and accepts of one turn', () => {
  const items = (count: number) => Array.from({ length: count }, (_, i) => ({ instance: i as Instance, id: NO_OP_ID }));

  it('share a message, or as many as they need to fit datagrams', () => {
    for (const [max, counts] of [
      [Infinity, [9]],
      [9, [9]],
      [4, [4, 4, 1]],
    ] as const) {
      outbox = new Outbox(SELF, max);
      for (const item of items(9)) {
        outbox.accept(BALLOT, item);
        outbox.vote(BALLOT, item);
      }
      outbox.flushAccepts();
      const { messages, votes } = outbox.take(FIRST, false);
      for (const [outgoing, kind] of [
        [messages, 'accept'],
        [votes, 'accepted'],
      ] as const) {
        const told = outgoing.flatMap(({ message }) => (message.kind === kind ? [message.items] : []));
        expect(told.map(({ length }) => length)).toEqual(counts);
        expect(told.flat()).toEqual(items(9));
      }
    }
  });
});
