import { describe, expect, it } from '@jest/globals';

import { isPartOfPromise } from '../../lib/consensus/preparation.js';
import { ballotOf } from '../../lib/model/ballot.js';
import type { BatchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import type { GroupOptions } from '../support/core-group-options.js';
import { both, either, from, isolating, none, of, to } from '../support/losses.js';
import { seededRandom } from '../support/seeded-random.js';

const SECONDS = 100;

/** Ticks until a process has decided a batch. */
function ticksUntilDecided(group: CoreGroup, process: number, id: BatchId, maxTicks = 60 * SECONDS): number {
  return group.runUntil(() => group.hasDecided(process, id), maxTicks * 20) / 20;
}

describe('a coordinator to which something does not come', () => {
  it('and it is the promises: in a group that has just been founded another one takes its place', () => {
    const group = new CoreGroup(3);
    group.loss = both(of('promise'), to(1));
    group.runUntil(() => group.live.every((p) => p.noticed('founded').length > 0));
    expect(ticksUntilDecided(group, 2, group.propose(2, 'a'), 5 * SECONDS)).toBeGreaterThan(0);
    expect(group.coordinator).not.toBe(1);
    expect(group.process(1).noticed('resigned')[0]).toMatchObject({ why: 'phase 1 does not end' });
  });

  it('and it is the promises: where it stands again it gives way again, and the others are served meanwhile', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('promise'), to(1));
    group.crash(1);
    group.runUntil(() => group.coordinator !== null);
    group.restart(1);
    const other = group.coordinator!;
    group.runTicks(50);
    group.crash(other);
    group.restart(other);
    for (let i = 0; i < 20; i += 1) ticksUntilDecided(group, 2, group.propose(2, String(i)), 10 * SECONDS);
    expect(group.coordinator).not.toBe(1);
  });

  it.each([2, 3])('and it is the batches of %i: another one takes its place', (proposer) => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('batch'), to(1));
    ticksUntilDecided(group, proposer, group.propose(proposer, 'a'), 10 * SECONDS);
    expect(group.coordinator).not.toBe(1);
    expect(group.process(1).noticed('resigned').at(-1)).toMatchObject({ why: 'batches do not get here' });
    const reigns = group.process(1).noticed('reign').length;
    for (let i = 0; i < 20; i += 1) ticksUntilDecided(group, proposer, group.propose(proposer, String(i)), SECONDS);
    expect(group.process(1).noticed('reign').length).toBe(reigns);
  });

  it('and it is a batch that it has to propose: a new reign does not help, and another one takes its place', () => {
    const group = new CoreGroup(3).found();
    // 2 and 3 have voted for it and not heard so; then 1 coordinates anew, and does not get it from them.
    group.loss = either(of('accepted'), both(of('batch', 'decided'), to(1)));
    const id = group.propose(2, 'a');
    const ballot = ballotOf(1, group.process(1).id, 'classic');
    for (const acceptor of [2, 3])
      group.forge(1, acceptor, { kind: 'accept', ballot, items: [{ instance: 0 as Instance, id }] });
    group.runTicks(1);
    group.crash(1);
    group.restart(1);
    group.loss = either(both(of('batch', 'decided'), to(1)), both(of('canvass'), from(2, 3)));
    group.runUntil(() => group.coordinator === 1, 100 * 20);
    group.loss = both(of('batch', 'decided'), to(1));
    group.runUntil(() => group.coordinator !== null && group.coordinator !== 1, 10 * SECONDS * 20);
    expect(group.hasDecided(3, id)).toBe(true);
    expect(group.process(1).noticed('resigned').at(-1)).toMatchObject({ why: 'it does not get what was decided' });
    const next = group.propose(3, 'next');
    ticksUntilDecided(group, 3, next, SECONDS);
  });

  it('only late is not taken for deaf: promises after three seconds are enough', () => {
    const group = new CoreGroup(3, { delaysATick: 20 });
    group.copies = (m) => [m.message.kind === 'promise' ? 3 * SECONDS * 20 : 1];
    group.runUntil(() => group.live.every((p) => p.noticed('founded').length > 0));
    ticksUntilDecided(group, 2, group.propose(2, 'a'), 60 * SECONDS);
  });
});

describe('a batch that is asked to be ordered', () => {
  it('deposes nobody where a stranger says so, or a member of a batch that is not its own', () => {
    const group = new CoreGroup(3, { extra: 1 }).found();
    const strangers = `${group.process(4).id}.1.7.0` as BatchId;
    for (let tick = 0; tick < 10 * SECONDS; tick += 1) {
      group.forge(4, 1, { kind: 'pending', id: strangers });
      group.forge(2, 1, { kind: 'pending', id: strangers });
      group.runTicks(1);
    }
    expect(group.process(1).noticed('resigned')).toEqual([]);
    expect(group.sentOf('fetch')).toEqual([]);
  });

  it('deposes nobody where its proposer is gone', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('batch'), to(1));
    group.propose(2, 'a');
    group.runUntil(() => group.sentOf('pending').length > 0);
    group.crash(2);
    group.runTicks(60 * SECONDS);
    expect(group.process(1).noticed('resigned').length).toBeLessThanOrEqual(1);
  });

  it('is not asked for while all goes well', () => {
    const group = new CoreGroup(3).found();
    const ids = Array.from({ length: 500 }, (_, i) => group.propose(1 + (i % 3), String(i)));
    group.runUntil(() => group.everyoneHasDecided(ids));
    expect(group.sentOf('pending')).toEqual([]);
  });
});

/** A group in which 2 and 3 have voted at many instances of which nobody knows what was decided, and 1 is gone. */
function withManyVotes(
  votes: number,
  options: GroupOptions = {},
): { readonly group: CoreGroup; readonly ids: BatchId[] } {
  const group = new CoreGroup(3, options).found();
  group.loss = of('accepted');
  const ids = Array.from({ length: votes }, (_, i) => group.propose(2, String(i)));
  group.runUntil(() => [2, 3].every((n) => group.process(n).disk.log.size >= votes));
  group.crash(1);
  group.loss = none;
  return { group, ids };
}

describe('a promise in parts', () => {
  it.each([1, constants.votesAPromise, constants.votesAPromise + 1, defaults.windowInstances])(
    'of %i votes is put together: all is decided again as it was voted for',
    (votes) => {
      const { group, ids } = withManyVotes(votes);
      group.runUntil(() => group.everyoneHasDecided(ids));
      for (const { message } of group.sentOf('promise')) {
        expect(message.votes.length).toBeLessThanOrEqual(constants.votesAPromise);
        expect(isPartOfPromise(message, constants.borderInstances)).toBe(true);
      }
      const parts = group.sentOf('promise').filter((m) => m.message.ballot.reign > 1);
      expect(parts.length).toBe(Math.ceil(votes / constants.votesAPromise));
      const order = ids.map((id) => [...group.process(2).decided.values()].indexOf(id));
      expect(order).toEqual([...ids.keys()]);
    },
  );

  it('comes through though most parts are lost, doubled and late', () => {
    for (let seed = 1; seed <= 4; seed += 1) {
      const { group, ids } = withManyVotes(300, { seed });
      const random = seededRandom(seed);
      group.loss = both(of('prepare', 'promise'), () => random() < 0.6);
      group.copies = () => (random() < 0.3 ? [1, 1 + Math.floor(random() * 60)] : [1 + Math.floor(random() * 30)]);
      group.runUntil(() => group.everyoneHasDecided(ids), 100_000);
    }
  });

  it('asks for what is lacking only', () => {
    const { group, ids } = withManyVotes(200);
    let dropped = 0;
    group.loss = ({ message }) => message.kind === 'promise' && message.from > 0 && (dropped += 1) <= 2;
    group.runUntil(() => group.everyoneHasDecided(ids));
    const again = group.sentOf('prepare').filter(({ to: asked, message }) => asked !== 1 && message.from > 0);
    expect(again.length).toBe(Math.ceil(200 / constants.votesAPromise) - 1 + 2);
  });

  it('counts for nothing before its last part is here', () => {
    const { group } = withManyVotes(200);
    group.loss = ({ message }) => message.kind === 'promise' && message.until === null;
    group.runTicks(30 * SECONDS);
    expect(group.coordinator).toBeNull();
    expect(group.sentOf('accept').some(({ message }) => message.ballot.reign > 1)).toBe(false);
  });

  it('is made by one acceptor under one promise, though it crashes, learns and votes on in between', () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const random = seededRandom(seed);
      const group = new CoreGroup(5, { seed, mode: random() < 0.5 ? 'classic' : 'fast', votesAPromise: 3 }).found();
      group.loss = (m) => m.message.kind === 'accepted' && random() < 0.7;
      for (let i = 0; i < 200; i += 1) {
        group.propose(1 + (i % 5), String(i));
        if (i % 10 === 0) group.run(1);
      }
      // The parts are small and the group restless: coordinators come and go in the midst of each other's phase 1.
      group.copies = (m) => [m.message.kind === 'promise' ? 1 + Math.floor(random() * 40) : 1];
      for (let round = 0; round < 6; round += 1) {
        const victim = 1 + Math.floor(random() * 5);
        group.loss = random() < 0.5 ? isolating(victim) : (m) => m.message.kind === 'accepted' && random() < 0.5;
        if (random() < 0.5) group.crash(victim);
        group.runTicks(10 + Math.floor(random() * 60));
        group.restart(...group.processes.filter((p) => p.core === null).map((p) => p.number));
      }
      group.loss = none;
      const last = group.propose(group.live[0]!.number, 'last');
      group.runUntil(() => group.everyoneHasDecided([last]), 200_000);
    }
  });
});

describe('a promise that no acceptor can have given', () => {
  const ballot = ballotOf(2, '1'.repeat(16) as never, 'classic');
  const at = (instance: number): Instance => instance as Instance;
  const vote = (instance: number) => ({ instance: at(instance), ballot, id: '' as BatchId });
  const promiseOf = ({ from: first, until, watermark, votes }: Part) => ({
    ...{ kind: 'promise' as const, ballot, watermark: at(watermark), from: at(first) },
    ...{ until: until === null ? null : at(until), votes: votes.map(vote) },
  });

  interface Part {
    readonly from: number;
    readonly until: number | null;
    readonly watermark: number;
    readonly votes: readonly number[];
  }

  it.each<[string, Part]>([
    ['a vote before its beginning', { from: 5, until: null, watermark: 0, votes: [4] }],
    ['a vote below the watermark', { from: 0, until: null, watermark: 6, votes: [5] }],
    ['a vote where the next part begins', { from: 0, until: 4, watermark: 0, votes: [4] }],
    ['votes that fall', { from: 0, until: null, watermark: 0, votes: [3, 2] }],
    ['a vote twice', { from: 0, until: null, watermark: 0, votes: [3, 3] }],
    ['a vote beyond the window', { from: 0, until: null, watermark: 1, votes: [1 + defaults.windowInstances] }],
    ['a vote far beyond the window', { from: 0, until: null, watermark: 0, votes: [Number.MAX_SAFE_INTEGER] }],
    ['an end that is its beginning', { from: 5, until: 5, watermark: 0, votes: [] }],
    ['an end beyond the window', { from: 0, until: 1 + defaults.windowInstances, watermark: 0, votes: [] }],
  ])('is not taken for a part of a promise: %s', (_what, part) => {
    expect(isPartOfPromise(promiseOf(part), constants.borderInstances)).toBe(false);
  });

  it.each<[string, Part]>([
    ['no votes', { from: 0, until: null, watermark: 0, votes: [] }],
    [
      'votes up to the end of the window',
      { from: 0, until: null, watermark: 3, votes: [3, 2 + defaults.windowInstances] },
    ],
    ['votes up to where the next part begins', { from: 2, until: 9, watermark: 0, votes: [2, 8] }],
    ['a part that was decided meanwhile', { from: 2, until: 9, watermark: 8, votes: [8] }],
  ])('and is: %s', (_what, part) => {
    expect(isPartOfPromise(promiseOf(part), constants.borderInstances)).toBe(true);
  });
});
