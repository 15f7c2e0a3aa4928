import { beforeEach, describe, expect, it } from '@jest/globals';

import { OpenChanges } from '../../lib/simulation/open-changes.js';
import { ANNA, BERT, CARL, DORA } from '../support/ids.js';

describe('the changes of the members that operators have asked for', () => {
  let changes: OpenChanges;
  let life: { isAlive: boolean };

  beforeEach(() => {
    changes = new OpenChanges();
    life = { isAlive: true };
  });

  it('are open until each of them has ended', () => {
    expect(changes.areNone).toBe(true);
    const ends = [1, 2].map(() => changes.ask({ life, process: ANNA, change: { add: [BERT] } }));
    ends[0]!();
    expect(changes.areNone).toBe(false);
    ends[1]!();
    expect(changes.areNone).toBe(true);
  });

  it('are open no longer than the process lives that was asked', () => {
    const others = { isAlive: true };
    changes.ask({ life, process: ANNA, change: { add: [CARL] } });
    changes.ask({ life: others, process: BERT, change: { add: [CARL] } });
    life.isAlive = false;
    expect(changes.areNone).toBe(false);
    others.isAlive = false;
    expect(changes.areNone).toBe(true);
  });

  it('are known by the members that they make of those before, in whatever order', () => {
    changes.ask({ life, process: ANNA, change: { add: [DORA], remove: [CARL] } });
    expect(changes.hasAsked(ANNA, [ANNA, BERT, CARL], [DORA, BERT, ANNA])).toBe(true);
    expect(changes.hasAsked(ANNA, [ANNA, CARL], [ANNA, DORA])).toBe(true);
    expect(changes.hasAsked(ANNA, [ANNA, BERT, CARL], [ANNA, BERT])).toBe(false);
    expect(changes.hasAsked(ANNA, [ANNA, BERT, CARL], [ANNA, BERT, CARL, DORA])).toBe(false);
    expect(changes.hasAsked(ANNA, [ANNA, BERT], [ANNA, BERT, CARL])).toBe(false);
  });

  it('may only add or only remove', () => {
    changes.ask({ life, process: ANNA, change: { add: [CARL] } });
    changes.ask({ life, process: BERT, change: { remove: [CARL] } });
    expect(changes.hasAsked(ANNA, [ANNA, BERT], [ANNA, BERT, CARL])).toBe(true);
    expect(changes.hasAsked(BERT, [ANNA, BERT, CARL], [ANNA, BERT])).toBe(true);
  });

  it('are known of the process that was asked, and of no other', () => {
    changes.ask({ life, process: ANNA, change: { add: [CARL] } });
    expect(changes.hasAsked(BERT, [ANNA, BERT], [ANNA, BERT, CARL])).toBe(false);
  });

  it('are known after they have ended: what was proposed may be decided later', () => {
    changes.ask({ life, process: ANNA, change: { add: [CARL] } })();
    life.isAlive = false;
    expect(changes.areNone).toBe(true);
    expect(changes.hasAsked(ANNA, [ANNA, BERT], [ANNA, BERT, CARL])).toBe(true);
  });
});
