import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { seededRandom } from '../support/seeded-random.js';

interface Told {
  readonly watermark: Instance;
  readonly durable: Instance;
}

function told(group: CoreGroup, from: number): Told[] {
  return [...group.sentOf('heartbeat'), ...group.sentOf('heard')]
    .filter((sent) => sent.from === from)
    .sort((a, b) => a.at - b.at)
    .map(({ message }) => message);
}

/** What is decided becomes known to the ledger along with later votes: two heartbeats later all of it has been told. */
function goesOn(group: CoreGroup, texts: readonly string[]): void {
  for (const text of texts) {
    const id = group.propose(2, text);
    group.runUntil(() => group.everyoneHasDecided([id]));
  }
  group.runTicks(2 * defaults.heartbeatTicks);
}

describe('the durable watermark that a process tells', () => {
  it('is below the known one while the ledger does not know how much is decided, and rises with it', () => {
    const group = new CoreGroup(3).found();
    goesOn(group, ['a', 'b', 'c']);
    for (const number of [1, 2, 3]) {
      const { core, disk } = group.process(number);
      expect(core!.isAheadOfLedger).toBe(true);
      expect(told(group, number).at(-1)).toMatchObject({ watermark: core!.watermark, durable: disk.watermark });
      expect(disk.watermark).toBeLessThan(core!.watermark);
    }
    const before = group.process(1).disk.watermark;
    goesOn(group, ['d']);
    expect(told(group, 1).at(-1)!.durable).toBeGreaterThan(before);
  });

  it('goes on after a restart from what the ledger holds', () => {
    const group = new CoreGroup(3).found();
    goesOn(group, ['a', 'b', 'c']);
    const { disk } = group.process(3);
    group.crash(3);
    group.sent.length = 0;
    group.restart(3);
    group.runTicks(2 * defaults.heartbeatTicks);
    expect(told(group, 3)[0]!.durable).toBe(disk.watermark);
  });

  it('holds what comes with a checkpoint', () => {
    const group = new CoreGroup(3).found();
    group.crash(3);
    goesOn(group, ['a', 'b', 'c', 'd']);
    group.cut(1, 2);
    group.restart(3);
    group.runUntil(() => group.process(3).disk.checkpoint !== null);
    group.runTicks(2 * defaults.heartbeatTicks);
    expect(told(group, 3).at(-1)!.durable).toBeGreaterThanOrEqual(group.process(3).disk.checkpoint!.next);
  });

  // The checker of every group holds each message against the disk of its sender, as it leaves.
  it('is never above what the ledger holds, whatever crashes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('classic', 'fast'), (seed, mode) => {
        const random = seededRandom(seed);
        const group = new CoreGroup(3, { mode, seed }).found();
        group.commitDelays = () => Math.floor(random() * 30);
        group.crashAt = () => random() < 0.02;
        for (let round = 0; round < 20; round += 1) {
          const [live] = group.live;
          if (live !== undefined) group.propose(live.number, String(round));
          group.run(30);
          for (const p of group.processes) if (p.core === null && random() < 0.5) group.restart(p.number);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is not believed where it is above the known one', () => {
    const group = new CoreGroup(3).found();
    const ballot = group.process(1).core!.reign!;
    const [watermark, durable] = [1 as Instance, 2 as Instance];
    const heard = { kind: 'heard', ballot, watermark, durable, clockMs: null } as const;
    const heartbeat = {
      kind: 'heartbeat',
      ballot,
      watermark,
      durable,
      anyFrom: null,
      complete: 0,
      timeMs: null,
    } as const;
    group.sent.length = 0;
    for (const [to, message] of [
      [1, heard],
      [2, heartbeat],
    ] as const) {
      group.forge(to === 1 ? 2 : 1, to, message);
      group.runTicks(defaults.refusalsToldTicks);
      expect(group.process(to).noticed('refused').at(-1)?.counts).toMatchObject({ 'against the protocol': 1 });
    }
  });
});
