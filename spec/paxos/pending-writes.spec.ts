import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { PendingWrites } from '../../lib/paxos/pending-writes.js';

const truncation: LedgerRecord = { kind: 'truncation', keepBytes: 0 };
const checkpoint: LedgerRecord = { kind: 'checkpoint', checkpoint: {} as Checkpoint };

let writes: PendingWrites;
let told: string[];

function add(name: string, records: () => LedgerRecord[]): void {
  writes.add({ records, done: (error) => told.push(`${name} ${error === null ? 'done' : error.message}`) });
}

beforeEach(() => {
  writes = new PendingWrites();
  told = [];
});

describe('writes', () => {
  it('go into one commit, and are told of it in order', () => {
    add('a', () => [truncation]);
    add('b', () => [checkpoint]);
    expect(writes.take()).toEqual([truncation, checkpoint]);
    expect([writes.isEmpty, told]).toEqual([true, []]);
    writes.done();
    expect(told).toEqual(['a done', 'b done']);
  });

  it('with two checkpoints take two commits', () => {
    for (const name of ['a', 'b']) add(name, () => [checkpoint]);
    expect(writes.take()).toEqual([checkpoint]);
    writes.done();
    expect(told).toEqual(['a done']);
    expect(writes.take()).toEqual([checkpoint]);
    writes.done();
    expect(told).toEqual(['a done', 'b done']);
  });

  it('write what is right when the commit begins', () => {
    let isWanted = true;
    add('a', () => (isWanted ? [checkpoint] : []));
    isWanted = false;
    expect(writes.take()).toEqual([]);
  });

  it('that come while a commit is under way wait for the next', () => {
    add('a', () => [truncation]);
    writes.take();
    add('b', () => [truncation]);
    writes.done();
    expect([told, writes.isEmpty]).toEqual([['a done'], false]);
  });

  it('are each told once when there is no further commit, also where one throws', () => {
    writes.add({
      records: () => [],
      done: () => {
        told.push('a done');
        throw new Error('cannot');
      },
    });
    add('b', () => []);
    writes.take();
    add('c', () => []);
    expect(() => writes.done()).toThrow('cannot');
    writes.refuse(new Error('closed'));
    writes.refuse(new Error('closed'));
    expect(told).toEqual(['a done', 'b closed', 'c closed']);
  });
});
