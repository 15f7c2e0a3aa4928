import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Message } from '../../lib/consensus/messages.js';
import { ballotOf } from '../../lib/model/ballot.js';
import { isBatchId, partsOf } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import { COUNTER_MAX, type Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { INCARNATION_MAX, startNumber } from '../../lib/model/start.js';
import { decodeMessage, encodeMessage } from '../../lib/paxos/wire/wire.js';
import { CoreGroup } from '../support/core-group.js';
import { NO_NONCE } from '../support/core-process.js';
import { both, none, of, to } from '../support/losses.js';

/** The longest incarnation and sequence number that a batch id may have. */
const DECIMALS_MAX = 10 ** 15 - 1;

/** Near where a sum could leave the safe integers, and near powers of two where another codec would break. */
function near(...limits: readonly number[]): fc.Arbitrary<number> {
  return fc.tuple(fc.constantFrom(...limits), fc.nat(3)).map(([limit, below]) => limit - below);
}

/** Every number of a message, at any depth. */
function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap(numbersOf);
}

function expectWritable(message: Message): void {
  for (const number of numbersOf(message)) expect(Number.isSafeInteger(number)).toBe(true);
  expect(decodeMessage(Buffer.from(encodeMessage(message)))).toEqual(message);
}

describe('a group whose counters have come far', () => {
  it.each(['classic', 'fast'] as const)(
    'decides, reads, elects and catches up in safe integers, in %s mode',
    (mode) => {
      fc.assert(
        fc.property(
          fc.record({
            incarnation: near(2 ** 16, 2 ** 20, INCARNATION_MAX - 10),
            // As many reigns and instances as this run uses are left.
            reign: near(2 ** 31, 2 ** 32, 2 ** 48, COUNTER_MAX - 100),
            watermark: near(2 ** 31, 2 ** 32, 2 ** 48, COUNTER_MAX - 2_000),
          }),
          ({ incarnation, reign, watermark }) => {
            const group = new CoreGroup(3, { mode }).found();
            group.crash(1, 2, 3);
            for (const { disk } of group.processes) {
              disk.incarnation = incarnation;
              disk.promise = ballotOf(reign, group.process(1).id, mode);
              // What is below is in a checkpoint that all of them have.
              disk.watermark = watermark as Instance;
              disk.start = watermark as Instance;
            }
            const decided: number[] = [];
            const read: number[] = [];
            for (const p of group.processes) {
              p.disk.incarnation += 1;
              p.passed = watermark as Instance;
              p.start();
            }
            group.checker.decides = () => {};
            group.checker.hears = () => {};
            group.observe = (process, event) => {
              if (event.kind === 'decides') decided.push(event.decision.instance);
              if (event.kind === 'reads') read.push(process);
            };
            const ids = [1, 2, 3].map((process) => group.propose(process, String(process)));
            group.runUntil(() => group.everyoneHasDecided(ids), 10_000);
            for (const process of [1, 2, 3]) group.read(process, 1);
            group.runUntil(() => read.length === 3, 2_000);
            // One falls behind, another reign begins, and everything is repaired.
            group.loss = both(of('accepted', 'heartbeat', 'accept', 'batch', 'propose'), to(3));
            const more = Array.from({ length: 20 }, (_, i) => group.propose(1 + (i % 2), `more ${i}`));
            group.runTicks(20);
            group.loss = none;
            group.runUntil(() => group.everyoneHasDecided(more), 20_000);
            group.crash(group.coordinator!);
            const last = group.propose(group.live[0]!.number, 'last');
            group.runUntil(() => group.everyoneHasDecided([last]), 10_000);
            const sent = new Set(group.sent.map(({ message }) => message));
            for (const message of sent) expectWritable(message);
            for (const instance of decided) expect(instance).toBeGreaterThanOrEqual(watermark);
            for (const id of [...ids, ...more, last]) {
              expect(isBatchId(id)).toBe(true);
              expect(partsOf(id).incarnation).toBe(startNumber({ incarnation: incarnation + 1, nonce: NO_NONCE }));
            }
          },
        ),
        { numRuns: 12 },
      );
    },
  );

  it('has rounds of reads that differ from those of every other incarnation', () => {
    const rounds = new Set<string>();
    for (const incarnation of [1, 2 ** 21, 2 ** 21 + 1, DECIMALS_MAX]) {
      const group = new CoreGroup(3).found();
      group.crash(2);
      group.process(2).disk.incarnation = incarnation - 1;
      group.restart(2);
      for (let ticket = 0; ticket < 3; ticket += 1) {
        group.read(2, ticket);
        group.run(2);
      }
      const asked = group.sentOf('ask').filter((m) => m.from === 2 && m.to === 1);
      for (const { message } of asked) {
        expectWritable(message);
        rounds.add(`${message.incarnation}/${message.round}`);
      }
    }
    expect(rounds.size).toBe(4 * 3);
  });
});

describe('the limits', () => {
  it('leave room for every sum that is made of a counter', () => {
    const sums = [defaults.windowInstances, defaults.catchUpInstances, constants.reignStep, constants.watermarkLeadMax];
    for (const sum of sums) expect(Number.isSafeInteger(COUNTER_MAX + sum + defaults.windowInstances)).toBe(true);
    expect(Number.isSafeInteger(DECIMALS_MAX + 1)).toBe(true);
  });
});
