import { describe, expect, it } from '@jest/globals';

import { Begin, Journal, Note } from '../programs/journal.js';

const CALLER = 'r1-0';

function journalOf(...operations: readonly (Begin | Note)[]): Journal {
  const journal = new Journal();
  for (const operation of operations) operation.execute(journal);
  return journal;
}

function begin(epoch: number): Begin {
  return new Begin(CALLER, epoch);
}

function note(epoch: number, number: number, caller = CALLER): Note {
  return new Note(caller, epoch, number, '');
}

describe('the journal that processes are checked by', () => {
  it('finds nothing wrong with a caller that counts, and begins again where it was', () => {
    const journal = journalOf(begin(1), note(1, 1), note(1, 2), begin(2), note(2, 3));
    expect(journal.faults).toEqual([]);
    expect(journal.count).toBe(3);
    expect(begin(3).execute(journal)).toBe(3);
  });

  it('finds nothing wrong with one note that comes after its caller has begun anew, and leaves it out', () => {
    const journal = journalOf(begin(1), note(1, 1), begin(2), note(1, 2), note(2, 2));
    expect(journal.faults).toEqual([]);
    expect(journal.count).toBe(2);
  });

  it.each<[string, readonly (Begin | Note)[]]>([
    ['a note that is executed twice', [begin(1), note(1, 1), note(1, 1)]],
    ['a note that is lost', [begin(1), note(1, 1), note(1, 3)]],
    ['a note that is executed before its caller has begun', [note(1, 1)]],
    ['a late note that has been executed in time', [begin(1), note(1, 1), begin(2), note(1, 1)]],
    ['a late note that comes twice', [begin(1), begin(2), note(1, 1), note(1, 1)]],
  ])('finds %s', (_, operations) => {
    expect(journalOf(...operations).faults).toHaveLength(1);
  });

  it('tells states apart that have executed the same in another order', () => {
    const begun = [begin(1), new Begin('r2-0', 1)];
    const one = journalOf(...begun, note(1, 1), note(1, 1, 'r2-0'));
    const other = journalOf(...begun, note(1, 1, 'r2-0'), note(1, 1));
    expect(one.hash).not.toBe(other.hash);
  });
});
