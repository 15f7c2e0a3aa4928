import { describe, expect, it } from '@jest/globals';

import { CoreGroup } from '../../support/core-group.js';
import type { Loss } from '../../support/core-network.js';
import { both, either, from, none, of, to } from '../../support/losses.js';
import { FOUNDED_TICKS, founding, viewOf } from './foundings.js';

describe('conflicting foundings', () => {
  function held(group: CoreGroup): string[] {
    return group.processes
      .map((p) => viewOf(group, p.number))
      .filter((view) => view !== null)
      .map(String);
  }

  it('of two that do not hear each other end in one group', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.loss = (m) => m.message.kind === 'hello' && m.from + m.to === 3; // 1 and 2 do not know of each other.
    group.runTicks(FOUNDED_TICKS);
    expect(group.sentOf('found').map((m) => m.from)).toEqual(expect.arrayContaining([1, 2]));
    group.loss = none;
    group.runTicks(50);
    expect(held(group).length).toBe(3);
    expect(new Set(held(group)).size).toBe(1);
  });

  it('do not arise beside one that is under way', () => {
    const group = new CoreGroup(2, { extra: 2 });
    group.crash(3, 4);
    group.loss = of('signed', 'found');
    group.runTicks(FOUNDED_TICKS);
    group.restart(3, 4);
    group.runTicks(2 * FOUNDED_TICKS);
    expect(held(group)).toEqual([]);
    group.loss = none;
    group.runTicks(50);
    expect(held(group)).toEqual(['1,2', '1,2']);
  });

  it('release a signer that did not hear the refusal when it was given', () => {
    const group = new CoreGroup(3, { extra: 1 });
    const strangers: Loss = (m) => m.message.kind === 'hello' && m.from + m.to === 3;
    // 3 signs what 2 proposes; 4 has signed what 1 proposes and refuses, unheard by 3.
    group.loss = either(strangers, both(of('found'), from(1), to(3)), both(of('unwilling'), to(3)));
    group.runTicks(FOUNDED_TICKS);
    expect(group.process(3).disk.founding.signed).toEqual(founding(group, [2, 3, 4]));
    expect(group.process(2).disk.founding.refused).toContain(founding(group, [2, 3, 4]).group);
    group.loss = none;
    group.runTicks(100);
    expect(held(group).length).toBe(3);
    expect(new Set(held(group)).size).toBe(1);
  });
});
