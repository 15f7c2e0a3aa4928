import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_OP_ID } from '../../lib/model/batch.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { both, from, none, of } from '../support/losses.js';
import { runOrderTrial } from '../support/order-trial.js';

const MODES = ['classic', 'fast', 'adaptive'] as const;
const TEXTS = ['first', 'second', 'third', 'fourth'];

const trials = fc.record({
  seed: fc.nat(),
  n: fc.constantFrom(1, 3, 3, 3, 4, 5),
  mode: fc.constantFrom(...MODES),
  loss: fc.constantFrom(0, 0.02, 0.1, 0.2),
  large: fc.constantFrom(0, 0.1, 0.3),
  crashes: fc.constantFrom(0, 0.05, 0.2),
  cuts: fc.constantFrom(0, 0.1, 0.2),
  deliveryRowsMax: fc.constantFrom(1, 2, 3, 100, 100),
});

describe('a series that a process proposes without waiting', () => {
  it('is delivered in that order, once, and the same everywhere, whatever befalls the group', () => {
    fc.assert(
      fc.property(trials, (trial) => {
        expect(new Set(runOrderTrial(trial)).size).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it.each(MODES)('waits for a large one that takes longer (%s)', (mode) => {
    const group = new CoreGroup(3, { mode }).found();
    const isFirst = (body: Uint8Array) => Buffer.from(body).toString() === 'first';
    group.copies = ({ message }) => ['batch' in message && isFirst(message.batch.body) ? 30 : 1];
    const ids = TEXTS.map((text) => group.propose(3, text));
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect(group.delivered(1)).toEqual(TEXTS);
  });

  it('keeps its order where the coordinator gets it in another one, and takes no more instances than batches', () => {
    const group = new CoreGroup(3).found();
    const delays = [7, 5, 3, 1];
    group.copies = ({ message }) => [message.kind === 'batch' ? (delays.shift() ?? 1) : 1];
    group.loss = both(of('batch'), (m) => m.to !== 1);
    const ids = TEXTS.map((text) => group.propose(3, text));
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect([group.delivered(2), group.process(2).decided.size]).toEqual([TEXTS, TEXTS.length]);
  });

  it('is proposed again where it was held for a whole window in vain', () => {
    const group = new CoreGroup(3).found();
    const isLost = (m: { readonly message: { readonly kind: string } }) =>
      'batch' in m.message && Buffer.from((m.message.batch as { body: Uint8Array }).body).toString() === 'first';
    group.loss = both(from(3), isLost);
    const ids = TEXTS.map((text) => group.propose(3, text));
    for (let i = 0; i < defaults.windowInstances + 10; i += 1) {
      const id = group.propose(1, `other ${String(i)}`);
      group.runUntil(() => group.hasDecided(1, id));
    }
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect(group.delivered(1).slice(-TEXTS.length)).toEqual(TEXTS);
    const ofThird = [...group.process(1).decided.values()].filter((id) => ids.includes(id));
    expect(ofThird).toHaveLength(2 * TEXTS.length - 1);
  });

  it('outlives the installation of a checkpoint in which it is held', () => {
    const group = new CoreGroup(3).found();
    const heard: string[] = [];
    group.loss = (m) =>
      m.from === 2 && 'batch' in m.message && Buffer.from(m.message.batch.body).toString() === 'first';
    group.crash(3);
    const ids = TEXTS.map((text) => group.propose(2, text));
    group.runUntil(() => group.process(1).decided.size === TEXTS.length - 1);
    group.settle();
    group.cut(1, 2);
    group.restart(3);
    group.runUntil(() => group.process(3).disk.start > 0);
    expect([group.delivered(3), group.process(3).table.state.held.length]).toEqual([heard, TEXTS.length - 1]);
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect(group.delivered(3)).toEqual(TEXTS);
  });
});

describe('a process whose row was forgotten', () => {
  /** 3 has delivered something, and then as many others as the tables know. */
  function forgotten(): CoreGroup {
    const group = new CoreGroup(3, { deliveryRowsMax: 2 }).found();
    for (const number of [3, 1, 2]) {
      const id = group.propose(number, `of ${String(number)}`);
      group.runUntil(() => group.everyoneHasDecided([id]));
    }
    return group;
  }

  it('has what it has in flight delivered all the same, under other ids', () => {
    const group = new CoreGroup(3, { deliveryRowsMax: 2 }).found();
    const id = group.propose(3, 'of 3');
    group.runUntil(() => group.everyoneHasDecided([id]));
    group.loss = both(from(3), of('batch'));
    TEXTS.forEach((text) => group.propose(3, text));
    for (const number of [1, 2]) {
      const other = group.propose(number, `of ${String(number)}`);
      group.runUntil(() => group.hasDecided(3, other));
    }
    group.loss = none;
    group.runUntil(() => group.process(3).inFlight.length === 0);
    expect(group.delivered(3)).toEqual(['of 3', 'of 1', 'of 2', ...TEXTS]);
  });

  it('is not executed again, whoever proposes its batches once more', () => {
    const group = forgotten();
    const late = group.sentOf('batch').find((m) => m.from === 3 && m.to === 1)!;
    group.tellsDelivered = () => false;
    group.cut(1);
    group.crash(1, 2);
    group.restart(1, 2); // They do not know any more that it was delivered, and order it.
    group.runUntil(() => group.coordinator !== null);
    group.forge(3, group.coordinator!, late.message);
    group.runTicks(20);
    const decided = [...group.process(3).decided.values()].filter((id) => id !== NO_OP_ID);
    expect(decided.at(-1)).toBe(late.message.batch.id);
    expect(group.delivered(3)).toEqual(['of 3', 'of 1', 'of 2']);
    expect(group.process(3).table.state.horizon).toBe(1);
  });

  it('goes on at once with what it proposes next', () => {
    const group = forgotten();
    group.propose(3, 'again');
    group.runUntil(() => group.delivered(1).length === 4);
    expect(group.delivered(1)).toEqual(['of 3', 'of 1', 'of 2', 'again']);
  });
});
