import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../../lib/model/ids.js';
import { encodeAdmission, NO_PROOF } from '../../../lib/transport/frame/admission-messages.js';
import { type Proposal, RotatingGroup, viewOf } from './key-rotation-subject.js';
import { A, B, found } from './subjects.js';

const C = 'cccccccccccccccc' as ProcessId;
/** Longer than a process counts as heard. */
const PAUSE_US = 800_001;
const SECOND_US = 1e6;

let group: RotatingGroup;

/** Three members, which have the first key; all of them have been started. */
beforeEach(() => {
  group = new RotatingGroup();
  for (const id of [A, B, C]) group.start(id, 1);
  group.checker.durable(A, [viewOf(0, [A, B, C])]);
});

describe('a key that nobody has asked for', () => {
  const UNASKED = ['a seals with key 2, which nobody has asked for'];

  it('does not seal, unless it was the first in the file when the process started', () => {
    group.seals(A, 1);
    group.fileOf(A).add(2);
    group.fileOf(A).deleteUpTo(1);
    group.seals(A, 1);
    expect(found).toEqual([]);
    group.seals(A, 2);
    expect(found).toEqual(UNASKED);
    group.start(A);
    group.seals(A, 2);
    expect(found).toEqual(UNASKED);
  });

  it('seals once anybody has asked any process, whatever becomes of that', () => {
    group.checker.asksToUse(B, 2)();
    group.seals(A, 2);
    expect(found).toEqual([]);
  });

  it('seals where a process has heard no member for so long that it may try its keys in turn', () => {
    group.seals(A, 1);
    group.pass(PAUSE_US);
    group.seals(A, 2);
    // It may go on with that key when it is heard.
    group.takes(A, group.seals(B, 1));
    group.seals(A, 2);
    expect(found).toEqual([]);
  });

  it('seals where the process has been silent itself until it heard a member again', () => {
    group.seals(A, 1);
    group.pass(PAUSE_US);
    group.takes(A, group.seals(B, 1));
    group.seals(A, 2);
    expect(found).toEqual([]);
  });

  it('does not seal where the process hears a member all the while', () => {
    group.seals(A, 1);
    group.hears(A, B, 2 * SECOND_US);
    group.seals(A, 2);
    expect(found).toEqual(UNASKED);
  });

  it('is tried although others than members are heard', () => {
    group.checker.durable(A, [viewOf(1, [A, C], 5)]);
    group.seals(A, 1);
    group.hears(A, B, 2 * SECOND_US);
    group.seals(A, 2);
    expect(found).toEqual([]);
  });

  it('does not seal in the next start because a former one was alone', () => {
    group.seals(A, 1);
    group.pass(PAUSE_US);
    group.seals(A, 2);
    group.start(A);
    group.seals(A, 1);
    expect(found).toEqual([]);
    group.seals(A, 2);
    expect(found).toEqual(UNASKED);
  });

  it.each(['challenge', 'answer'] as const)(
    'seals the %s to a process that sends with it, and nothing else',
    (kind) => {
      const reply = encodeAdmission({ kind, port: 7, proof: NO_PROOF });
      group.seals(A, 1);
      group.seals(A, 2, B, reply);
      expect(found).toEqual(UNASKED);
      group.seals(B, 2); // By trying: nobody has asked for it.
      found.length = 0;
      group.seals(A, 2, B, reply);
      expect(found).toEqual([]);
      group.seals(A, 2, null, reply);
      group.seals(A, 2, B, reply.subarray(1));
      expect(found).toEqual([...UNASKED, ...UNASKED]);
    },
  );
});

describe('a key that a member lacks which is heard', () => {
  const LACKED = ['a has key 2 used, which b lacks, though it hears it'];

  interface Course {
    /** For so long B is heard before A is asked. */
    readonly beforeUs?: number;
    readonly ask?: () => unknown;
    /** For so long it is not heard before A proposes. */
    readonly silentUs?: number;
    readonly action?: 'use' | 'remove';
    readonly proposal?: Proposal;
  }

  const ask = (): (() => void) => group.checker.asksToUse(A, 2);

  /** A hears the others for a while, is asked to use the key, hears B again, and proposes it. */
  function use(course: Course = {}): void {
    const { beforeUs = SECOND_US, silentUs = 0, action = 'use' } = course;
    for (const id of [A, C]) group.fileOf(id).add(2);
    group.seals(A, 1);
    group.hears(A, C, SECOND_US);
    group.hears(A, B, beforeUs);
    (course.ask ?? ask)();
    group.hears(A, B, SECOND_US);
    group.pass(silentUs);
    group.proposes(A, action, 2, course.proposal);
  }

  it.each(['batch', 'propose'] as const)('is not used: nobody says so in a message of the kind "%s"', (kind) => {
    use({ proposal: { kind } });
    expect(found).toEqual(LACKED);
  });

  it('is not used, though the process was asked in a former start and nobody was heard then', () => {
    group.seals(A, 1);
    ask();
    group.start(A);
    use();
    expect(found).toEqual(LACKED);
  });

  it('is not used because another operator asks in the meantime, and stops waiting', () => {
    const askTwice = (): void => {
      ask();
      group.hears(A, B, SECOND_US);
      ask()();
    };
    use({ ask: askTwice });
    expect(found).toEqual(LACKED);
  });

  it('is used where the member has it by then', () => {
    group.fileOf(B).add(2);
    use();
    expect(found).toEqual([]);
  });

  it('is used where that is forced', () => {
    group.checker.forces();
    use();
    expect(found).toEqual([]);
  });

  it('is used where the member is silent by then', () => {
    use({ silentUs: PAUSE_US });
    expect(found).toEqual([]);
  });

  it('is used where the member was first heard hardly before the process was asked', () => {
    use({ beforeUs: 200_000 });
    expect(found).toEqual([]);
  });

  it('is used where the member was silent for a while since', () => {
    const askInSilence = (): void => {
      ask();
      group.pass(PAUSE_US);
    };
    use({ ask: askInSilence });
    expect(found).toEqual([]);
  });

  it('is used where the process that lacks it is no member of all views', () => {
    group.checker.durable(A, [viewOf(1, [A, C], 5)]);
    use();
    expect(found).toEqual([]);
  });

  it('is used where the group whose member it was has been dissolved', () => {
    group.checker.durable(A, [{ kind: 'dissolution' }]);
    use();
    expect(found).toEqual([]);
  });

  it('is used where the process that lacks it is no more', () => {
    group.forget(B);
    use();
    expect(found).toEqual([]);
  });

  it.each([
    ['another process is asked', () => group.checker.asksToUse(C, 2)],
    ['another key is asked for', () => group.checker.asksToUse(A, 3)],
    ['the operator waits no longer', () => ask()()],
  ])('is used where nobody waits for that: %s', (_, asks) => {
    use({ ask: asks });
    expect(found).toEqual([]);
  });

  it('is used where another process has proposed it, and this one passes that on', () => {
    use({ proposal: { of: C } });
    expect(found).toEqual([]);
  });

  it('is removed', () => {
    use({ action: 'remove' });
    expect(found).toEqual([]);
  });
});
