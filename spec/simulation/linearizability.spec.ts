import { describe, expect, it } from '@jest/globals';

import { checkLinearizability } from '../../lib/simulation/checkers/linearizability.js';
import { type History, history, type Model, queue, register, registers } from './linearizability-subjects.js';

function linearizable(calls: History, model: Model): boolean | 'unknown' {
  return checkLinearizability(calls, model).linearizable;
}

describe('a register', () => {
  it('reads what was written', () => {
    expect(linearizable(history('A write 1', 'A: ok', 'B read', 'B: 1'), register)).toBe(true);
    expect(linearizable(history('A write 1', 'A: ok', 'B read', 'B: 2'), register)).toBe(false);
    expect(linearizable([], register)).toBe(true);
  });

  it('may read the old or the new value while it is written', () => {
    expect(linearizable(history('A write 1', 'B read', 'B: 0', 'C read', 'C: 1', 'A: ok'), register)).toBe(true);
  });

  it('does not read a value that was overwritten', () => {
    expect(linearizable(history('A write 1', 'A: ok', 'B read', 'B: 0'), register)).toBe(false);
  });

  it('does not show a write and then hide it', () => {
    expect(linearizable(history('A write 1', 'B read', 'B: 1', 'C read', 'C: 0', 'A: ok'), register)).toBe(false);
  });

  it('does not lose an update', () => {
    const both = ['A cas 0 1', 'B cas 0 2', 'A: ok', 'B: ok'];
    expect(linearizable(history(...both), register)).toBe(false);
    expect(linearizable(history(...both.with(3, 'B: no')), register)).toBe(true);
    expect(linearizable(history('A cas 0 1', 'A: ok', 'B cas 1 2', 'B: ok', 'A read', 'A: 1'), register)).toBe(false);
  });

  it('does not place a call before one that had returned', () => {
    const calls = ['A write 1', 'A: ok', 'B write 2', 'B: ok', 'C read', 'C: 1'];
    expect(linearizable(history(...calls), register)).toBe(false);
    expect(linearizable(history('B write 2', ...calls.toSpliced(2, 1)), register)).toBe(true);
  });

  it('shows all readers one order of two writes', () => {
    const writes = ['A write 1', 'B write 2'];
    const readers = ['C read', 'C: 1', 'D read', 'D: 2', 'C read', 'C: 1', 'A: ok', 'B: ok'];
    expect(linearizable(history(...writes, ...readers), register)).toBe(false);
    expect(linearizable(history(...writes, ...readers.with(5, 'C: 2')), register)).toBe(true);
  });
});

describe('a queue (Herlihy and Wing, 1990, section 2.3)', () => {
  it('may take in two concurrent items in either order', () => {
    const enqueued = ['A enq x', 'B enq y', 'B: ok', 'A: ok'];
    const inOrder = ['B deq', 'B: x', 'A deq', 'A: y', 'A enq z'];
    const inverted = ['B deq', 'B: y', 'A deq', 'A: x', 'A enq z'];
    expect(linearizable(history(...enqueued, ...inOrder), queue)).toBe(true);
    expect(linearizable(history(...enqueued, ...inverted), queue)).toBe(true);
  });

  it('gives out first what it took in first', () => {
    const calls = history('A enq x', 'A: ok', 'B enq y', 'A deq', 'B: ok', 'A: y');
    expect(linearizable(calls, queue)).toBe(false);
  });

  it('may give out an item before its enqueuer is answered, or where it never is', () => {
    expect(linearizable(history('A enq x', 'B deq', 'B: x'), queue)).toBe(true);
    expect(linearizable(history('A enq x', 'B deq', 'B: x', 'A: ok'), queue)).toBe(true);
  });

  it('gives out each item once', () => {
    const calls = history('A enq x', 'B enq y', 'A: ok', 'B: ok', 'A deq', 'C deq', 'A: y', 'C: y');
    expect(linearizable(calls, queue)).toBe(false);
  });
});

describe('a call that was never answered', () => {
  it('may have taken effect long after', () => {
    expect(linearizable(history('A write 1', 'B read', 'B: 0', 'B read', 'B: 1'), register)).toBe(true);
  });

  it('may never have taken effect', () => {
    expect(linearizable(history('A write 1', 'B read', 'B: 0', 'B read', 'B: 0'), register)).toBe(true);
  });

  it('has taken effect once it was seen', () => {
    expect(linearizable(history('A write 1', 'B read', 'B: 1', 'B read', 'B: 0'), register)).toBe(false);
  });

  it('takes effect no more than once', () => {
    const calls = ['A write 1', 'B read', 'B: 1', 'B write 2', 'B: ok', 'B read', 'B: 1'];
    expect(linearizable(history(...calls), register)).toBe(false);
    expect(linearizable(history('C write 1', ...calls), register)).toBe(true);
  });

  it('takes no effect before it is made', () => {
    expect(linearizable(history('B read', 'B: 1', 'A write 1'), register)).toBe(false);
  });

  it('may be needed by another that was never answered', () => {
    expect(linearizable(history('A cas 1 2', 'B cas 0 1', 'C read', 'C: 2'), register)).toBe(true);
    expect(linearizable(history('A cas 1 2', 'B cas 3 1', 'C read', 'C: 2'), register)).toBe(false);
  });

  it('may be the only one that explains what came later', () => {
    const seen = ['C read', 'C: 1', 'C write 2', 'C: ok', 'C read', 'C: 1'];
    // The second time only a write makes it 1, so that the first time it was the other.
    expect(linearizable(history('A write 1', 'B cas 0 1', ...seen), register)).toBe(true);
    expect(linearizable(history('B cas 0 1', 'A write 1', ...seen), register)).toBe(true);
    expect(linearizable(history('B cas 0 1', 'A cas 0 1', ...seen), register)).toBe(false);
  });

  it('gave no output, whatever is recorded', () => {
    const call = { process: 'A', input: 'cas 0 1', calledAt: 0, returnedAt: null, output: 'no' };
    const read = { process: 'B', input: 'read', calledAt: 1, returnedAt: 2, output: '1' };
    expect(linearizable([call, read], register)).toBe(true);
  });
});

describe('a history', () => {
  const write = { process: 'A', input: 'write 1', calledAt: 0, returnedAt: 5, output: 'ok' };
  const read = { process: 'B', input: 'read', calledAt: 5, returnedAt: 5, output: '0' };

  it('with a call at the moment of a return has them concurrent', () => {
    expect(linearizable([write, read], register)).toBe(true);
    expect(linearizable([write, { ...read, output: '1' }], register)).toBe(true);
    expect(linearizable([write, { ...read, calledAt: 5.5, returnedAt: 6 }], register)).toBe(false);
  });

  it('may be recorded in any order, and hold one call twice', () => {
    const calls = history('A write 1', 'B read', 'B: 0', 'B read', 'B: 1', 'A: ok');
    expect(linearizable(calls.toReversed(), register)).toBe(true);
    expect(linearizable([...calls, ...calls], register)).toBe(true);
  });

  it('in which a call returns before it begins is refused', () => {
    for (const returnedAt of [-1, NaN]) {
      expect(() => checkLinearizability([{ ...write, returnedAt }], register)).toThrow(RangeError);
    }
  });

  it('that fails is explained', () => {
    const calls = history('A write 1', 'A: ok', 'B write 2', 'C cas 1 3', 'B: ok', 'C: no', 'D read', 'D: 1', 'A read');
    expect(checkLinearizability(calls, register)).toEqual({
      linearizable: false,
      visited: 4,
      partition: 'all',
      explanation: [
        'The longest order found in partition all, in 4 configurations:',
        '  A called "write 1" at 0: "ok" at 1',
        '  B called "write 2" at 2: "ok" at 4',
        '  C called "cas 1 3" at 3: "no" at 5',
        'It leads to the state 2. One of these must come next:',
        '  D called "read" at 6: "1" at 7',
      ].join('\n'),
    });
  });
});

describe('partitions', () => {
  it('are judged each alone', () => {
    const events = ['A a/write 1', 'A: ok', 'A b/read', 'A: 0', 'B b/write 1', 'B: ok', 'B a/read', 'B: 1'];
    expect(linearizable(history(...events), registers)).toBe(true);
    expect(checkLinearizability(history(...events.with(7, 'B: 0')), registers)).toMatchObject({
      linearizable: false,
      partition: 'a',
    });
  });

  it('that cannot be searched leave it unknown, unless another fails', () => {
    const hard = Array.from({ length: 8 }, (_, i) => [`P${i} a/write ${i}`, `P${i}: ok`]).flat();
    const easy = ['A b/read', 'A: 0'];
    const options = { visitedMax: 5 };
    const unknown = checkLinearizability(history(...hard, ...easy), registers, options);
    expect(unknown).toMatchObject({ linearizable: 'unknown', partition: 'a', visited: 5 + 2 });
    const failed = checkLinearizability(history(...hard, ...easy.with(1, 'A: 1')), registers, options);
    expect(failed).toMatchObject({ linearizable: false, partition: 'b', visited: 5 + 1 });
  });
});
