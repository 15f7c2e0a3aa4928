import { beforeEach, describe, expect, it } from '@jest/globals';

import { History } from '../../../lib/simulation/history.js';
import { found, report } from './subjects.js';

describe('real time', () => {
  let history: History;

  beforeEach(() => {
    history = new History((checker, text) => report(`${checker}: ${text}`));
  });

  /** A call that has been executed after so many operations. */
  const call = (kind: 'operation' | 'read', position: number | null, process = 'p1') => {
    const made = history.call(kind, process, 'c1', `the ${kind}`);
    made.position = position;
    return made;
  };
  const answer = (made: ReturnType<typeof call>): void => history.returns(made, { result: 'done' });

  it('a call knows when it was made and answered, by whom, and with what', () => {
    const made = call('operation', 0);
    answer(call('read', 0));
    answer(made);
    expect(history.calls[0]).toMatchObject({
      process: 'p1',
      caller: 'c1',
      input: 'the operation',
      calledAt: 1,
      returnedAt: 4,
      outcome: { result: 'done' },
    });
    expect(history.calls[1]).toMatchObject({ calledAt: 2, returnedAt: 3 });
  });

  it('a call that is never answered stays open', () => {
    call('operation', 5);
    expect(history.calls[0]).toMatchObject({ returnedAt: null, outcome: null });
  });

  it('operations one after the other are executed in that order', () => {
    answer(call('operation', 0));
    answer(call('operation', 1, 'p2'));
    answer(call('read', 2));
    expect(found).toEqual([]);
  });

  it('calls made at the same time may be executed in any order', () => {
    const [first, second, third] = [call('operation', 1), call('operation', 0), call('read', 0)];
    for (const made of [first, second, third]) answer(made);
    expect(found).toEqual([]);
  });

  it('no operation comes before one that had been answered when it was called', () => {
    answer(call('operation', 4));
    answer(call('operation', 3, 'p2'));
    expect(found).toEqual(['real time: p2 answers an operation as of 3 operations, made when 5 had been answered']);
  });

  it('no read misses an operation that had been answered when it was called', () => {
    answer(call('operation', 0));
    answer(call('read', 0, 'p3'));
    expect(found).toEqual(['real time: p3 answers a read as of 0 operations, made when 1 had been answered']);
  });

  it('no read sees less than one before it', () => {
    answer(call('read', 7));
    answer(call('read', 6));
    expect(found).toHaveLength(1);
  });

  it('a call that was executed nobody knows where proves nothing', () => {
    answer(call('operation', 9));
    answer(call('operation', null));
    expect(found).toEqual([]);
  });
});
