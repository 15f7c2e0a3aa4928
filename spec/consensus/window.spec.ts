import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import type { BatchId } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { none, of } from '../support/losses.js';

const WINDOW = defaults.windowInstances;

/** The highest instance that any message has named as one to vote at or voted at. */
function highestUsed(group: CoreGroup): number {
  let highest = -1;
  for (const { message } of group.sent) {
    if (message.kind === 'propose') highest = Math.max(highest, message.instance);
    else if (message.kind === 'accept' || message.kind === 'accepted') {
      for (const { instance } of message.items) highest = Math.max(highest, instance);
    }
  }
  return highest;
}

describe.each<Mode>(['classic', 'fast'])('in %s mode, the window', (mode) => {
  it('holds every proposal and vote while nothing is decided, and everything is decided afterwards', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = of('accepted');
    const ids: BatchId[] = [];
    for (let i = 0; i < WINDOW + 200; i += 1) {
      ids.push(group.propose(2, String(i)));
      if (i % 20 === 0) group.run(1);
    }
    group.runTicks(10);
    expect(highestUsed(group)).toBe(WINDOW - 1);
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids), 20_000);
    expect(group.delivered(3).length).toBe(ids.length);
  });

  it('lets in what waits for it as soon as it moves', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = of('accepted');
    const ids = Array.from({ length: WINDOW + 100 }, (_, i) => group.propose(1, String(i)));
    group.run(3);
    group.loss = none;
    group.runUntil(() => group.process(2).decided.size >= WINDOW, 2_000);
    expect(group.runUntil(() => group.everyoneHasDecided(ids))).toBeLessThan(mode === 'classic' ? 20 : 60 * 20);
  });

  it('begins where a process is, and moves with it', () => {
    const group = new CoreGroup(3, { mode }).found();
    const first = group.propose(2, 'first');
    group.runUntil(() => group.everyoneHasDecided([first]));
    group.loss = of('accepted');
    for (let i = 0; i < WINDOW + 10; i += 1) group.propose(2, String(i));
    group.runTicks(3);
    expect(highestUsed(group)).toBe(WINDOW);
  });

  it('keeps a process from voting at what is beyond it, whoever asks', () => {
    const group = new CoreGroup(3, { mode }).found();
    const ballot = { ...group.process(1).core!.reign!, step: 1 as const };
    for (const instance of [WINDOW - 1, WINDOW, 10 * WINDOW] as Instance[]) {
      group.forge(1, 3, { kind: 'accept', ballot, items: [{ instance, id: '' as BatchId }] });
    }
    expect([...group.process(3).disk.log.keys()]).toEqual([WINDOW - 1]);
  });

  it('leaves a proposer without room when it is full', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.runUntil(() => group.process(2).core!.hasRoom);
    group.loss = of('accepted');
    for (let i = 0; i < WINDOW; i += 1) group.propose(2, String(i));
    expect(group.process(2).core!.hasRoom).toBe(mode === 'classic');
  });
});
