import { describe, expect, it } from '@jest/globals';

import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { NOTHING_DELIVERED } from '../../lib/sequence/delivery-table.js';
import { CoreGroup } from '../support/core-group.js';
import { checkpointAt } from '../support/core-process.js';
import type { CrashPoint } from '../support/core-turns.js';
import { both, from, isolating, none, of, to } from '../support/losses.js';
import { seededRandom } from '../support/seeded-random.js';

const MODES = ['classic', 'fast', 'adaptive'] as const;

function proposeAll(group: CoreGroup, process: number, texts: readonly string[]) {
  return texts.map((text) => {
    const id = group.propose(process, text);
    group.runUntil(() => group.hasDecided(process, id));
    return id;
  });
}

/** Process 3 has missed what the logs of the others hold no longer. */
function behind(mode: (typeof MODES)[number] = 'classic'): CoreGroup {
  const group = new CoreGroup(3, { mode }).found();
  group.crash(3);
  proposeAll(group, 1, ['a', 'b', 'c', 'd']);
  group.settle();
  group.cut(1, 2);
  return group;
}

describe.each(MODES)('a process that the logs of the others do not reach back to (%s)', (mode) => {
  it('goes on from a checkpoint, and does all that it did', () => {
    const group = behind(mode);
    group.restart(3);
    const id = group.propose(3, 'e');
    group.runUntil(() => group.everyoneHasDecided([id]));
    expect(group.delivered(3)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(group.process(3).disk.start).toBeGreaterThan(0);
    group.crash(1);
    const next = group.propose(3, 'f');
    group.runUntil(() => group.everyoneHasDecided([next]));
  });

  it('learns at once what was decided behind the checkpoint', () => {
    const group = behind(mode);
    const ids = proposeAll(group, 1, ['e', 'f', 'g']);
    group.restart(3);
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect(group.delivered(3)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });
});

describe('an installation', () => {
  it('leaves the promise, and the votes from its end on, as they are', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('accepted', 'decided', 'heartbeat', 'promise'), to(3));
    proposeAll(group, 1, ['a', 'b', 'c']);
    group.settle();
    group.cut(1, 2);
    const ids = proposeAll(group, 1, ['d', 'e']);
    group.settle();
    const { disk } = group.process(3);
    const { promise } = disk;
    const votes = new Map([...disk.log].filter(([instance]) => instance >= group.process(1).disk.start));
    expect([disk.watermark, votes.size]).toEqual([0, 2]);
    let left: unknown = null;
    group.observe = (process, event) => {
      if (process === 3 && event.kind === 'installs') left = [disk.promise, new Map(disk.log), disk.watermark];
    };
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect(left).toEqual([promise, votes, group.process(1).disk.start]);
  });

  it.each(['before-persist', 'before-votes', 'before-delivery'] as CrashPoint[])(
    'happens as a whole or not at all when its process crashes %s',
    (point) => {
      const group = behind();
      group.restart(3);
      let crashes = 0;
      group.crashAt = (process, at, { installed }) => {
        const strikes = process === 3 && at === point && installed !== null && crashes === 0;
        if (strikes) crashes += 1;
        return strikes;
      };
      group.runUntil(() => crashes === 1);
      const { start, watermark } = group.process(3).disk;
      expect([start, watermark]).toEqual(point === 'before-persist' ? [0, 0] : [start, start]);
      expect(start > 0).toBe(point !== 'before-persist');
      group.restart(3);
      const id = group.propose(3, 'e');
      group.runUntil(() => group.everyoneHasDecided([id]));
      expect(group.delivered(3)).toEqual(['a', 'b', 'c', 'd', 'e']);
    },
  );

  it('is told in promises, so that the coordinator proposes nothing below its end', () => {
    const group = behind();
    group.restart(3);
    group.runUntil(() => group.process(3).disk.start > 0);
    const { start } = group.process(3).disk;
    group.loss = both(of('prepare'), to(2));
    group.sent.length = 0;
    group.crash(2);
    group.forge(3, 1, { kind: 'refusal', promised: { reign: 99, coordinator: group.process(2).id, step: 0 } });
    group.runUntil(() => group.sentOf('promise').length > 0 && group.coordinator !== null);
    for (const { message } of group.sentOf('promise')) expect(message.watermark).toBeGreaterThanOrEqual(start);
    for (const { message } of group.sentOf('accept'))
      for (const { instance } of message.items) expect(instance).toBeGreaterThanOrEqual(start);
  });

  it.each(MODES)('proposes what the checkpoint does not hold, and nothing that it holds (%s)', (mode) => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = both(of('accepted', 'decided', 'heartbeat'), to(3));
    const held = group.propose(3, 'held');
    group.runUntil(() => [1, 2].every((process) => group.hasDecided(process, held)));
    proposeAll(group, 1, ['a']);
    group.settle();
    group.cut(1, 2);
    group.loss = isolating(3);
    const late = group.propose(3, 'late');
    group.runTicks(3);
    group.loss = none;
    group.runUntil(() => group.process(3).disk.start > 0);
    group.settle();
    group.sent.length = 0;
    group.runUntil(() => group.everyoneHasDecided([held, late]));
    group.runTicks(2 * defaults.retryTicksMax);
    const proposed = group.sent.flatMap(({ from, message }) =>
      from === 3 && (message.kind === 'batch' || message.kind === 'propose') ? [message.batch.id] : [],
    );
    expect(proposed).not.toContain(held);
    expect(group.delivered(3)).toEqual(group.delivered(1));
    expect([...group.delivered(1)].sort()).toEqual(['a', 'held', 'late']);
  });

  it('serves reads that have waited for what it holds', () => {
    const group = behind();
    group.restart(3);
    group.loss = both(of('catch-up'), from(3));
    group.read(3, 7);
    group.runTicks(20);
    expect(group.process(3).readable).toEqual([]);
    group.loss = none;
    group.runUntil(() => group.process(3).readable.length > 0);
    expect(group.process(3).readable[0]!.decided).toBeGreaterThanOrEqual(4);
  });

  it('ends the reign of a process that coordinates', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('accepted', 'decided'), to(1));
    const ids = ['a', 'b', 'c'].map((text) => group.propose(1, text));
    group.runUntil(() => ids.every((id) => group.hasDecided(2, id) && group.hasDecided(3, id)));
    proposeAll(group, 2, ['d']);
    expect(group.coordinator).toBe(1);
    group.cut(2, 3);
    group.runUntil(() => group.process(1).disk.start > 0);
    expect(group.process(1).core?.reign).toBeNull();
    expect(group.process(1).noticed('resigned')).toMatchObject([{ why: 'it goes on from a checkpoint' }]);
    group.loss = none;
    const id = group.propose(1, 'e');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('of what is known anyhow changes nothing', () => {
    const group = new CoreGroup(3).found();
    const [id] = proposeAll(group, 1, ['a']);
    const { core } = group.process(1);
    const watermark = core?.watermark;
    core?.step({
      kind: 'install',
      installation: { checkpoint: checkpointAt(1 as Instance), delivered: NOTHING_DELIVERED, views: [], keys: [] },
    });
    expect([core?.hasEffects, core?.watermark, core?.reign === null]).toEqual([false, watermark, false]);
    expect(group.hasDecided(1, id!)).toBe(true);
  });
});

describe('a process that is more than a window behind', () => {
  it('leaves it to the others to coordinate', () => {
    const group = new CoreGroup(3).found();
    group.crash(3);
    proposeAll(
      group,
      1,
      Array.from({ length: defaults.windowInstances + 10 }, (_, i) => `${i}`),
    );
    group.cut(1, 2);
    group.crash(1);
    group.restart(3);
    const silence = both(of('catch-up'), from(3));
    group.loss = silence;
    for (let i = 0; i < 3; i += 1) {
      group.runUntil(() => group.coordinator === 2);
      group.runTicks(3 * defaults.silenceTicks);
      expect(group.coordinator).toBe(2);
    }
    group.loss = none;
    const id = group.propose(3, 'back');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });
});

describe('where any process crashes, and any is cut off', () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed + 1))('all come to deliver the same: seed %i', (seed) => {
    const random = seededRandom(seed);
    const below = (n: number) => Math.floor(random() * n);
    const mode = MODES[seed % MODES.length]!;
    const group = new CoreGroup(3, { mode, seed }).found();
    const loses = () => random() < 0.05;
    group.loss = loses;
    group.commitDelays = () => below(4);
    const ids = [];
    for (let i = 0; i < 60; i += 1) {
      const process = 1 + below(3);
      const what = below(10);
      if (group.process(process).core === null) group.restart(process);
      else if (what < 2 && group.live.length === 3) group.crash(process);
      else if (what < 4) group.cut(process);
      else {
        const id = group.propose(process, `${i}`);
        if (what < 8) ids.push({ process, id, incarnation: group.process(process).disk.incarnation });
      }
      group.run(below(60));
    }
    group.loss = none;
    for (const p of group.processes) if (p.core === null) group.restart(p.number);
    const last = group.propose(2, 'last');
    group.runUntil(() => group.everyoneHasDecided([last]));
    const sure = ids
      .filter(({ process, incarnation }) => group.process(process).disk.incarnation === incarnation)
      .map(({ id }) => id);
    group.runUntil(() => group.everyoneHasDecided(sure));
    group.runTicks(20);
    expect(new Set([1, 2, 3].map((process) => group.delivered(process).join())).size).toBe(1);
  });
});
