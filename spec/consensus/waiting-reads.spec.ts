import { describe, expect, it } from '@jest/globals';

import type { BatchId } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { both, from, none, of, to } from '../support/losses.js';

/** Three of which the third hears answers to its reads and nothing of what is decided, as while it fetches a checkpoint. */
function withLaggard(decisions: number): CoreGroup {
  const group = new CoreGroup(3).found();
  group.loss = both(of('accepted', 'heartbeat', 'decided', 'batch', 'accept'), to(3));
  const ids: BatchId[] = [];
  for (let i = 0; i < decisions; i += 1) {
    ids.push(group.propose(1, String(i)));
    group.run(3);
  }
  group.runUntil(() => group.hasDecided(1, ids.at(-1)!));
  return group;
}

/** Reads at the third, each a round of its own. */
function readInRounds(group: CoreGroup, rounds: number): void {
  for (let ticket = 0; ticket < rounds; ticket += 1) {
    group.read(3, ticket);
    group.run(2);
    group.sent.length = 0;
  }
}

function ticketsOf(group: CoreGroup): number[] {
  return group.process(3).readable.map(({ ticket }) => ticket);
}

describe('reads at a process that is behind', () => {
  it.each([1, 10, 1_000])('%i rounds that wait ask with one message for what nobody may have used', (rounds) => {
    const group = withLaggard(3);
    readInRounds(group, rounds);
    group.runTicks(defaults.retryTicks);
    group.sent.length = 0;
    group.runTicks(defaults.retryTicksMax);
    // One to each of two others, and at growing intervals.
    expect(group.sentOf('fill').length).toBeLessThanOrEqual(2 * 4);
    expect(ticketsOf(group)).toEqual([]);
    group.loss = none;
    group.runUntil(() => group.process(3).readable.length === rounds, 2_000);
  });

  it('ask less and less often while nothing comes', () => {
    const group = withLaggard(1);
    readInRounds(group, 1);
    group.runTicks(10 * defaults.retryTicksMax);
    const times = group.sentOf('fill').filter((m) => m.to === 1).map(({ at }) => at / 20); // prettier-ignore
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    expect(gaps.slice(0, 3)).toEqual([10, 20, 40]);
    expect(gaps.slice(3).every((gap) => gap === defaults.retryTicksMax)).toBe(true);
  });

  it('ask for nothing to be filled while decisions come in', () => {
    const group = new CoreGroup(3).found();
    group.answerInstances = 1;
    group.crash(3);
    const ids = Array.from({ length: 300 }, (_, i) => group.propose(1, String(i)));
    group.runUntil(() => group.everyoneHasDecided(ids));
    group.restart(3);
    group.sent.length = 0;
    group.read(3, 1);
    group.runUntil(() => group.process(3).readable.length === 1);
    expect(group.sentOf('fill')).toEqual([]);
    expect(group.process(3).decided.size).toBe(300);
  });

  it('repeat their question less and less often while no majority answers', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('answer'), to(3));
    group.read(3, 1);
    group.runTicks(500);
    expect(group.sentOf('ask').length).toBeLessThanOrEqual(2 * (4 + 500 / defaults.retryTicksMax));
    group.loss = none;
    group.runTicks(defaults.retryTicksMax);
    expect(ticketsOf(group)).toEqual([1]);
  });

  it('that wait for less are served before those that wait for more, whichever came first', () => {
    const group = withLaggard(3);
    const core = group.process(3).core!;
    const settle = (ticket: number, until: number): void => {
      core.step({ kind: 'read', ticket });
      for (const { message } of core.effects().messages)
        if (message.kind === 'ask')
          for (const member of [1, 2])
            core.step({
              kind: 'message',
              from: group.process(member).id,
              message: {
                kind: 'answer',
                incarnation: message.incarnation,
                round: message.round,
                until: until as Instance,
              },
            });
      core.step({ kind: 'durable' });
      core.effects();
      core.step({ kind: 'durable' });
    };
    [3, 1, 3, 2, 1].forEach((until, ticket) => settle(ticket, until));
    const served: number[] = [];
    group.observe = (_, event) => {
      if (event.kind === 'reads') served.push(event.ticket);
    };
    group.loss = none;
    group.runUntil(() => served.length === 5, 2_000);
    expect(served).toEqual([1, 4, 3, 0, 2]);
  });

  it('cost no more each, however many wait: 50,000 of as many rounds', () => {
    const group = withLaggard(3);
    const { core } = group.process(3);
    const [one, two] = [group.process(1).id, group.process(2).id];
    for (let ticket = 0; ticket < 50_000; ticket += 1) {
      core!.step({ kind: 'read', ticket });
      for (const { message } of core!.effects().messages)
        if (message.kind === 'ask')
          for (const member of [one, two]) {
            const { incarnation, round } = message;
            const until = (1 + Math.floor((ticket * 3) / 50_000)) as Instance;
            core!.step({ kind: 'message', from: member, message: { kind: 'answer', incarnation, round, until } });
          }
      core!.step({ kind: 'durable' });
    }
    let messages = 0;
    for (let tick = 0; tick < 200; tick += 1) {
      core!.step({ kind: 'tick', nowMs: tick });
      messages += core!.effects().messages.filter(({ message }) => message.kind === 'fill').length;
      core!.step({ kind: 'durable' });
    }
    expect(messages).toBeLessThanOrEqual(7);
    group.loss = none;
    group.runUntil(() => group.process(3).readable.length === 50_000, 2_000);
  });
});

describe('a coordinator asked to fill', () => {
  it.each(['classic', 'fast'] as const)('fills its window at most, however far it is asked to, in %s mode', (mode) => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = from(2, 3);
    group.forge(2, 1, { kind: 'fill', until: Number.MAX_SAFE_INTEGER as Instance });
    group.runTicks(1);
    const items = group.sentOf('accept').flatMap(({ message }) => message.items);
    expect(new Set(items.map(({ instance }) => instance)).size).toBeLessThanOrEqual(defaults.windowInstances);
    group.loss = none;
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]), 5_000);
  });
});
