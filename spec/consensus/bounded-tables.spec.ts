import { describe, expect, it } from '@jest/globals';

import { Slot } from '../../lib/consensus/instance-log.js';
import { ModeChooser } from '../../lib/consensus/mode.js';
import { Questions } from '../../lib/consensus/questions.js';
import { ballotOf } from '../../lib/model/ballot.js';
import { batchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { View } from '../../lib/model/view.js';
import { CoreGroup } from '../support/core-group.js';
import { sharedOf } from '../support/core-shared.js';
import { idOf } from '../support/ids.js';

const SELF = '0'.repeat(16) as ProcessId;

describe('the memory of others is bounded', () => {
  it('votes at one instance: those of the highest ballots', () => {
    const slot = new Slot(0 as Instance);
    const id = batchId(SELF, 1, 0);
    for (let reign = 1; reign <= 10_000; reign += 1) slot.tallyOf(ballotOf(reign, SELF, 'classic'), id).members = reign;
    expect(slot.tallies.length).toBe(constants.talliesMax);
    expect(slot.tallyOf(ballotOf(10_000, SELF, 'classic'), id).members).toBe(10_000);
    // Also where the latest is the lowest of all, it is what is counted now.
    expect(slot.tallies).toContain(slot.tallyOf(ballotOf(1, SELF, 'classic'), id));
  });

  it('questions: those that the window still needs', () => {
    const questions = new Questions();
    for (let from = 0; from < 100_000; from += 1) {
      questions.note(SELF, { kind: 'catch-up', from: from as Instance, to: (from + 1) as Instance });
      questions.forgetBelow(Math.max(0, from - defaults.windowInstances) as Instance);
    }
    expect(questions.expects(SELF, 99_999 as Instance)).toBe(true);
    const known = Array.from({ length: 100_000 }, (_, from) => questions.expects(SELF, from as Instance));
    expect(known.filter(Boolean).length).toBe(defaults.windowInstances + 1);
    expect(questions.expects(idOf(1), 99_999 as Instance)).toBe(false);
  });

  it('proposers: those of late, and the kind of reign is still chosen', () => {
    const mode = new ModeChooser('adaptive', sharedOf(SELF));
    const view = new View(0, [SELF, idOf(1), idOf(2)]);
    // One more than fit: the others are forgotten, and the last is all alone.
    const times = 1_000 * constants.proposersMax + 1;
    for (let i = 0; i < times; i += 1) mode.proposed(idOf(10 + i));
    const ticks = Array.from({ length: defaults.modeTicks }, () => mode.tick('classic', 3, view));
    expect(ticks.at(-1)).toBe('fast');
    for (let i = 0; i < 100_000; i += 1) mode.proposed(idOf(10 + i));
    const kinds = Array.from({ length: 5 * defaults.modeTicks }, () => {
      mode.proposed(idOf(1));
      return mode.tick('classic', 3, view);
    });
    expect(kinds).toContain('fast');
  });

  it('sources of decisions: members alone, and what others claim holds nobody up', () => {
    const group = new CoreGroup(3, { extra: 40 });
    group.crash(...Array.from({ length: 40 }, (_, i) => 4 + i));
    group.found();
    const ballot = ballotOf(1, idOf(1), 'classic');
    for (let stranger = 4; stranger < 44; stranger += 1)
      for (const member of [1, 2, 3])
        group.forge(stranger, member, {
          kind: 'heard',
          ballot,
          watermark: (2 ** 40) as Instance,
          durable: 0 as Instance,
          clockMs: null,
        });
    group.sent.length = 0;
    group.runTicks(1_000);
    expect(group.sentOf('catch-up')).toEqual([]);
    const id = group.propose(2, 'a');
    expect(group.runUntil(() => group.everyoneHasDecided([id]))).toBeLessThanOrEqual(4);
    // And where a member is behind it is told by members.
    group.crash(3);
    const ids = Array.from({ length: 100 }, (_, i) => group.propose(1, String(i)));
    group.runUntil(() => group.everyoneHasDecided(ids));
    group.restart(3);
    for (let stranger = 4; stranger < 44; stranger += 1)
      group.forge(stranger, 3, {
        kind: 'heard',
        ballot,
        watermark: (2 ** 40) as Instance,
        durable: 0 as Instance,
        clockMs: null,
      });
    group.runUntil(() => group.everyoneHasDecided(ids), 4_000);
  });
});
