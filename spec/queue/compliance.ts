import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../lib/model/constants.js';
import { UnknownOutcomeError } from '../../lib/model/errors.js';
import type { Queue } from '../../lib/queue/queue.js';
import { KeptTexts } from '../support/kept-texts.js';
import { rejection, take, takeTexts } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { describeAlone } from './compliance-alone.js';
import { describeEvents } from './compliance-events.js';
import { describeStatus } from './compliance-status.js';
import { type Ability, bindAll, type QueueTestbed, type QueueTraits } from './queue-testbed.js';
const CLOSED = { code: 'QUEUE_CLOSED' };

/** What every queue must do. An implementation inherits all of it by handing over how a group of it is opened. */
export function describeQueue(name: string, traits: QueueTraits): void {
  const { open, notShown = {} } = traits;
  describe(`${name} as a queue`, () => {
    let group: QueueTestbed;

    /** A fact that needs abilities; one that is not shown is named so in the report. */
    const needs = (abilities: readonly Ability[], fact: string, show: () => Promise<void>): void => {
      const why = abilities.map((ability) => notShown[ability]).find((reason) => reason !== undefined);
      if (why === undefined) it(fact, show);
      else it.todo(`${fact}: not shown, for ${why}`);
    };

    afterEach(() => group.remove());

    describe('with three processes', () => {
      beforeEach(async () => {
        group = await open(3);
      });

      it('gives everyone the same messages in the same order, each once, with the place that its put was told', async () => {
        const puts = await putEverywhere(group, 60);
        const read = await Promise.all(group.queues.map((queue) => take(queue, 60)));
        for (const messages of read) {
          expect(messages).toEqual(read[0]);
          expect(messages.map(({ position }) => position)).toEqual(Array.from({ length: 60 }, (_, i) => i));
        }
        expect(new Map(read[0]!.map(({ message, position }) => [String(message), position]))).toEqual(puts);
      });

      it('names at each message the process that put it', async () => {
        const origins = group.queues.map(({ processId }) => processId);
        expect(new Set(origins).size).toBe(3);
        for (const [i, queue] of group.queues.entries()) await queue.put(Buffer.from(String(i)));
        for (const queue of group.queues)
          for (const { message, origin } of await take(queue, 3)) expect(origin).toBe(origins[Number(message)]);
      });

      it('tells all what a process publishes of itself, also those that come later', async () => {
        const [first, second, third] = group.queues as [Queue, Queue, Queue];
        await group.stop(2);
        expect([...second.facts]).toEqual([]);
        first.facts.publish({ schema: 1 });
        first.facts.publish({ schema: 2, name: 'first', isReady: true });
        second.facts.publish({ name: 'second' });
        await group.reopen(2);
        const told = () => new Map(group.queues[2]!.facts);
        const facts = { schema: 2, name: 'first', isReady: true };
        await soon(() => {
          expect(told()).toEqual(
            new Map<string, object>([
              [first.processId, facts],
              [second.processId, { name: 'second' }],
            ]),
          );
          expect(second.facts.of(first.processId)).toEqual(facts);
        });
        expect([first.facts.of(first.processId), second.facts.of(third.processId)]).toEqual([facts, undefined]);
      });

      it('keeps nothing of what an earlier start has published', async () => {
        const { processId } = group.queues[0]!;
        const facts = () => group.queues.map((queue) => queue.facts.of(processId));
        group.queues[0]!.facts.publish({ start: 'first' });
        await soon(() => expect(facts()).toEqual(Array(3).fill({ start: 'first' })));
        await group.stop(0);
        await group.reopen(0);
        await soon(() => expect(facts()).toEqual([undefined, undefined, undefined]));
        group.queues[0]!.facts.publish({ start: 'second' });
        await soon(() => expect(facts()).toEqual(Array(3).fill({ start: 'second' })));
      });

      it('publishes a small, flat record and nothing else, and nothing once it is closed', async () => {
        const [queue] = group.queues as [Queue];
        for (const facts of [null, 'text', ['list'], { deep: {} }, { none: null }, { no: undefined }, { not: NaN }])
          expect(() => queue.facts.publish(facts as never)).toThrow(
            expect.objectContaining({ code: 'INVALID_OPTION' }),
          );
        const sized = (bytes: number) => ({ x: 'y'.repeat(bytes - '{"x":""}'.length) });
        const tooLarge = sized(constants.factsBytesMax + 1);
        expect(() => queue.facts.publish(tooLarge)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
        expect(queue.facts.of(queue.processId)).toBeUndefined();
        const changing = sized(constants.factsBytesMax);
        queue.facts.publish(changing);
        changing.x = 'changed';
        expect(queue.facts.of(queue.processId)).toEqual(sized(constants.factsBytesMax));
        await group.stop(0);
        expect(() => queue.facts.publish({})).toThrow(expect.objectContaining(CLOSED));
      });

      it('keeps the order of the calls of one process', async () => {
        await putEverywhere(group, 300);
        const texts = (await take(group.queues[1]!, 300)).map(({ message }) => String(message));
        for (const i of [0, 1, 2]) {
          const own = texts.filter((text) => text.startsWith(`${i}/`));
          expect(own).toEqual(Array.from({ length: 100 }, (_, call) => `${i}/${call}`));
        }
      });

      it('gives tickets back to the process that submitted them, and to no other', async () => {
        const holders = await bindAll(group);
        group.queues.forEach((queue, i) => expect(queue.submit(Buffer.from(String(i)), `of ${i}`)).toBeUndefined());
        await group.queues[0]!.put(Buffer.from('put'));
        await Promise.all(holders.map((holder) => holder.until(4)));
        for (const [i, holder] of holders.entries()) expect(holder.tickets).toEqual([`of ${i}`]);
      });

      it('gives the tickets of an earlier start to nobody', async () => {
        const queue = group.queues[0]!;
        const holder = new KeptTexts();
        await queue.bind(holder);
        expect(queue.submit(Buffer.from('submitted'), 'ticket')).toBeUndefined();
        await queue.put(Buffer.from('put'));
        await group.stop(0);
        await group.reopen(0);
        const again = new KeptTexts();
        await group.queues[0]!.bind(again);
        await group.queues[0]!.sync();
        expect([again.texts, again.tickets]).toEqual([['submitted', 'put'], []]);
      });

      it('has handed over, after sync, what was acknowledged anywhere', async () => {
        const holders = await bindAll(group);
        for (let i = 0; i < 15; i += 1) {
          await group.queues[i % 3]!.put(Buffer.from(String(i)));
          await group.queues[(i + 1) % 3]!.sync();
          expect(holders[(i + 1) % 3]!.texts).toContain(String(i));
        }
      });

      it('gives a process that was away what the others have ordered without it', async () => {
        await group.queues[2]!.put(Buffer.from('with all'));
        await group.stop(2);
        await group.queues[0]!.put(Buffer.from('without'));
        await group.reopen(2);
        expect(await takeTexts(group.queues[2]!, 2)).toEqual(['with all', 'without']);
      });

      it('answers a put whether anybody reads there or not', async () => {
        expect(await group.queues[0]!.put(Buffer.from('unread'))).toBe(0);
        expect(await takeTexts(group.queues[1]!, 1)).toEqual(['unread']);
      });

      it('is called by the same name at all, and a process keeps its id over a restart', async () => {
        expect(new Set(group.queues.map(({ queueId }) => queueId)).size).toBe(1);
        const { processId } = group.queues[1]!;
        await group.stop(1);
        await group.reopen(1);
        expect(group.queues[1]!.processId).toBe(processId);
      });

      describe('that all end', () => {
        needs(['durability'], 'and are started again, gives all that was acknowledged', async () => {
          const puts = await putEverywhere(group, 30);
          await group.stop(0, 1, 2);
          await group.reopen(0, 1, 2);
          expect(await group.queues[0]!.put(Buffer.from('after'))).toBe(30);
          for (const queue of group.queues) expect(await readPlaces(queue, 31)).toEqual(puts.set('after', 30));
        });

        needs(['durability', 'kill'], 'at once and without a word, gives all that was acknowledged', async () => {
          const acknowledged = await putEverywhere(group, 30);
          for (const queue of group.queues) queue.put(Buffer.from('perhaps')).catch(() => undefined);
          await group.kill(0, 1, 2);
          await group.reopen(0, 1, 2);
          await group.queues[0]!.put(Buffer.from('after'));
          for (const queue of group.queues) {
            const places = await readPlaces(queue, 31);
            for (const [text, position] of acknowledged) expect(places.get(text)).toBe(position);
          }
        });
      });

      it('restores a checkpoint and goes on from where it ends', async () => {
        const holders = await bindAll(group);
        await group.queues[0]!.put(Buffer.from('before'));
        await group.queues[1]!.put(Buffer.from('before, too'));
        await Promise.all(holders.map((holder) => holder.until(2)));
        const { position } = await group.queues[0]!.checkpoint();
        expect(position).toBe(2);
        await group.queues[2]!.put(Buffer.from('after'));
        await group.stop(0);
        await group.reopen(0);
        const again = new KeptTexts();
        await group.queues[0]!.bind(again);
        await group.queues[0]!.sync();
        expect([again.restored, again.delivered]).toEqual([['before', 'before, too'], ['after']]);
      });

      describe('of which one can reach nobody', () => {
        beforeEach(() => group.strand(0));

        it('tells those who wait when it is closed: what was put has an unknown outcome, what was asked has none', async () => {
          const queue = group.queues[0]!;
          const put = rejection(queue.put(Buffer.from('nobody hears')));
          const got = rejection(queue.get());
          await group.stop(0);
          expect(await put).toBeInstanceOf(UnknownOutcomeError);
          expect(await got).toMatchObject(CLOSED);
        });

        it('tells its holder once, with the tickets of what may have been ordered', async () => {
          const queue = group.queues[0]!;
          const holder = new KeptTexts();
          await queue.bind(holder);
          expect(queue.submit(Buffer.from('nobody hears'), 'ticket')).toBeUndefined();
          const put = rejection(queue.put(Buffer.from('nor this')));
          await Promise.all([queue.close(), queue.close()]);
          expect(holder.stops).toEqual([{ tickets: ['ticket'], cause: null }]);
          expect(await put).toBeInstanceOf(UnknownOutcomeError);
        });
      });
    });

    describeAlone(traits);
    describeEvents(traits);
    describeStatus(traits);
  });
}

/** Puts `count` messages in all, at all processes at once. Resolves with where each is. */
async function putEverywhere({ queues }: QueueTestbed, count: number): Promise<Map<string, number>> {
  const texts = Array.from({ length: count }, (_, i) => `${i % queues.length}/${Math.floor(i / queues.length)}`);
  const puts = texts.map(async (text, i): Promise<[string, number]> => {
    return [text, await queues[i % queues.length]!.put(Buffer.from(text))];
  });
  return new Map(await Promise.all(puts));
}

async function readPlaces(queue: Queue, count: number): Promise<Map<string, number>> {
  return new Map((await take(queue, count)).map(({ message, position }) => [String(message), position]));
}
