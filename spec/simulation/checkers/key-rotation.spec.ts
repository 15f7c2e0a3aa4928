import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../../lib/model/ids.js';
import { encodeAdmission, NO_PROOF } from '../../../lib/transport/frame/admission-messages.js';
import { RotatingGroup, stateOf, viewOf } from './key-rotation-subject.js';
import { A, B, found } from './subjects.js';

const C = 'cccccccccccccccc' as ProcessId;

/** The second key is used, and then the first one removed. */
const USED = stateOf(1, 2);
const REMOVED = stateOf(2, 2, 1);

let group: RotatingGroup;

/** Three members, which have the first key; all of them have been started. */
beforeEach(() => {
  group = new RotatingGroup();
  for (const id of [A, B, C]) group.start(id, 1);
  group.checker.durable(A, [viewOf(0, [A, B, C])]);
});

describe('the states of the keys', () => {
  it('are the same at all processes', () => {
    group.writes(A, USED);
    group.writes(B, USED);
    expect(found).toEqual([]);
    group.writes(C, stateOf(1, 3));
    expect(found).toEqual(['state 1 of the keys is another at c than elsewhere']);
  });

  it.each([
    ['place', { ...USED, decidedAt: REMOVED.decidedAt }],
    ['removed keys', { ...USED, removedUpTo: 1 }],
  ])('are others where they differ in their %s', (_, state) => {
    group.writes(A, USED);
    group.writes(B, state);
    expect(found).toEqual(['state 1 of the keys is another at b than elsewhere']);
  });

  it('never go back on a disk, nor come twice', () => {
    group.checker.forces();
    group.writes(A, USED, REMOVED);
    expect(found).toEqual([]);
    group.writes(A, REMOVED, USED);
    expect(found).toEqual(['a writes state 2 of the keys after state 2', 'a writes state 1 of the keys after state 2']);
  });

  it('may be passed over, as by a process that starts from the checkpoint of another', () => {
    group.writes(A, stateOf(5, 2));
    expect(found).toEqual([]);
  });

  it('are those that were written when a process starts again', () => {
    group.writes(A, USED);
    group.loads(A, USED);
    group.loads(B, null);
    expect(found).toEqual([]);
    group.loads(A, null);
    group.loads(B, USED);
    expect(found).toEqual([
      'a starts with state 0 of the keys, and 1 was written',
      'b starts with state 1 of the keys, and 0 was written',
    ]);
  });

  it('go back with a directory that is put back, and go on from there', () => {
    group.checker.forces();
    group.writes(A, USED, REMOVED);
    group.loads(A, USED, true);
    group.writes(A, REMOVED);
    group.loads(A, null, true);
    group.writes(A, USED);
    expect(found).toEqual([]);
  });
});

describe('a key that is removed', () => {
  beforeEach(() => {
    group.checker.forces();
    group.writes(A, USED, REMOVED);
    group.checker.asksToUse(A, 2);
  });

  it('seals no more where the disk says so', () => {
    group.seals(A, 2);
    group.seals(B, 1);
    expect(found).toEqual([]);
    group.seals(A, 1);
    expect(found).toEqual(['a seals with key 1, and has keys up to 1 removed']);
  });

  it('seals no reply either', () => {
    group.seals(A, 1, B, encodeAdmission({ kind: 'answer', port: 7, proof: NO_PROOF }));
    expect(found).toEqual(['a seals with key 1, and has keys up to 1 removed']);
  });

  it('opens no more where the disk says so', () => {
    const frame = group.seals(B, 1);
    group.takes(C, frame);
    group.takes(A, group.seals(B, 2));
    expect(found).toEqual([]);
    group.takes(A, frame);
    expect(found).toEqual(['a takes a frame of b under key 1, and has keys up to 1 removed']);
  });

  it('is not removed on a disk that has been put back', () => {
    const frame = group.seals(B, 1);
    group.loads(A, null, true);
    group.takes(A, frame);
    group.seals(A, 1);
    expect(found).toEqual([]);
  });
});

describe('a removal', () => {
  const left = (id: string, state: number, keys: string): string =>
    `keys up to 1 are removed at 20, and ${id} is in state ${state} with keys ${keys}`;

  /** All are level and have the key that is used then. */
  beforeEach(() => {
    for (const id of [A, B, C]) group.fileOf(id).add(2);
    for (const id of [A, B]) group.writes(id, USED);
  });

  it('leaves no member without the state in which the other key is used', () => {
    group.writes(A, REMOVED);
    expect(found).toEqual([left('c', 0, '1, 2')]);
  });

  it('leaves no member without that key in its file', () => {
    group.writes(C, USED);
    group.fileOf(C).add(3);
    group.fileOf(C).deleteUpTo(2);
    group.writes(A, REMOVED);
    expect(found).toEqual([left('c', 1, '3')]);
  });

  it('is as it has to be where all members are in that state and have the key', () => {
    group.writes(C, USED);
    group.writes(A, REMOVED);
    expect(found).toEqual([]);
  });

  it('leaves behind who is forced out', () => {
    group.checker.forces();
    group.writes(A, REMOVED);
    expect(found).toEqual([]);
  });

  it.each([
    ['has lost its disk', () => group.checker.retires(C)],
    ['has been put back', () => group.loads(C, null, true)],
  ])('may leave a member behind that %s', (_, befalls) => {
    befalls();
    group.writes(A, REMOVED);
    expect(found).toEqual([]);
  });

  it('may leave behind who is no member of the view that was decided before it', () => {
    group.checker.durable(A, [viewOf(1, [A, B], 19)]);
    group.writes(A, REMOVED);
    expect(found).toEqual([]);
  });

  it('leaves nobody behind who is a member until a view that was decided later', () => {
    group.checker.durable(A, [viewOf(1, [A, B], 20), { kind: 'keys', record: REMOVED }]);
    expect(found).toEqual([left('c', 0, '1, 2')]);
  });

  it('is judged once, when it is first written', () => {
    group.writes(C, USED);
    group.writes(A, REMOVED);
    group.fileOf(C).add(3);
    group.fileOf(C).deleteUpTo(2);
    group.writes(B, REMOVED);
    expect(found).toEqual([]);
  });

  it('is one of a state that removes more than the one before', () => {
    group.writes(A, stateOf(2, 3));
    expect(found).toEqual([]);
  });
});

describe('a process that lacks a key', () => {
  it('may have to stop where one that it does not hold was asked for, and is not removed', () => {
    expect(group.checker.mayStop([])).toBe(false);
    group.checker.asksToUse(B, 2);
    expect(group.checker.mayStop([1])).toBe(true);
    expect(group.checker.mayStop([1, 2])).toBe(false);
    group.writes(A, stateOf(4, 3, 2));
    expect(group.checker.mayStop([1])).toBe(false);
  });

  it('may have to stop where changes are forced', () => {
    group.checker.forces();
    expect(group.checker.mayStop([1])).toBe(true);
  });
});
