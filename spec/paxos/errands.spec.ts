import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { Errands } from '../../lib/paxos/errands.js';

const truncation: LedgerRecord = { kind: 'truncation', keepBytes: 0 };
const checkpoint: LedgerRecord = { kind: 'checkpoint', checkpoint: {} as Checkpoint };

let errands: Errands;
let told: string[];

function add(name: string, records: () => LedgerRecord[]): void {
  errands.add({ records, done: (error) => told.push(`${name} ${error === null ? 'done' : error.message}`) });
}

beforeEach(() => {
  errands = new Errands();
  told = [];
});

describe('errands', () => {
  it('go into one commit, and are told of it in order', () => {
    add('a', () => [truncation]);
    add('b', () => [checkpoint]);
    expect(errands.take()).toEqual([truncation, checkpoint]);
    expect([errands.isEmpty, told]).toEqual([true, []]);
    errands.done();
    expect(told).toEqual(['a done', 'b done']);
  });

  it('with two checkpoints take two commits', () => {
    for (const name of ['a', 'b']) add(name, () => [checkpoint]);
    expect(errands.take()).toEqual([checkpoint]);
    errands.done();
    expect(told).toEqual(['a done']);
    expect(errands.take()).toEqual([checkpoint]);
    errands.done();
    expect(told).toEqual(['a done', 'b done']);
  });

  it('write what is right when the commit begins', () => {
    let isWanted = true;
    add('a', () => (isWanted ? [checkpoint] : []));
    isWanted = false;
    expect(errands.take()).toEqual([]);
  });

  it('that come while a commit is under way wait for the next', () => {
    add('a', () => [truncation]);
    errands.take();
    add('b', () => [truncation]);
    errands.done();
    expect([told, errands.isEmpty]).toEqual([['a done'], false]);
  });

  it('are each told once when there is no further commit, also where one throws', () => {
    errands.add({
      records: () => [],
      done: () => {
        told.push('a done');
        throw new Error('cannot');
      },
    });
    add('b', () => []);
    errands.take();
    add('c', () => []);
    expect(() => errands.done()).toThrow('cannot');
    errands.refuse(new Error('closed'));
    errands.refuse(new Error('closed'));
    expect(told).toEqual(['a done', 'b closed', 'c closed']);
  });
});
