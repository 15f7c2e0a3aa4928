import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from '../support/core-group.js';
import type { InTransit } from '../support/core-network.js';
import { ANNA, BERT, CARL } from '../support/ids.js';
import { type Asked, Laggard } from '../support/laggard.js';
import { both, either, of, to } from '../support/losses.js';

const { windowInstances, catchUpQuestions } = defaults;
const PART = windowInstances / catchUpQuestions;
const FAR = 100 * windowInstances;

/** As long as anybody is given to answer all questions, in ticks. */
const PATIENCE = defaults.retryTicks + Math.floor((catchUpQuestions * defaults.catchUpBytes) / defaults.bytesATick);

let laggard: Laggard;

beforeEach(() => {
  laggard = new Laggard(ANNA, BERT, CARL);
});

function ranges(asked: readonly Asked[]): [number, number][] {
  return asked.map(({ from, to: end }) => [from, end]);
}

function sourcesOf(asked: readonly Asked[]): Set<ProcessId> {
  return new Set(asked.map(({ source }) => source));
}

/** Answers questions in the order in which they were asked, `count` of them; returns all that were asked meanwhile. */
function answering(open: readonly Asked[], count: number): Asked[] {
  const queue = [...open];
  const asked: Asked[] = [];
  for (let i = 0; i < count; i += 1) {
    laggard.isAnswered(queue.shift()!);
    const next = laggard.asked();
    queue.push(...next);
    asked.push(...next);
  }
  return asked;
}

describe('a process that is far behind', () => {
  it('asks for its window at once, in parts', () => {
    laggard.hears(FAR, ANNA);
    const parts = Array.from({ length: catchUpQuestions }, (_, i) => [i * PART, (i + 1) * PART]);
    expect(ranges(laggard.asked())).toEqual(parts);
  });

  it('asks for another part with every part that it learns from the first instance on', () => {
    laggard.hears(FAR, ANNA);
    const [first] = laggard.asked();
    laggard.isAnswered(first!);
    expect(ranges(laggard.asked())).toEqual([[windowInstances, windowInstances + PART]]);
  });

  it('asks for nothing beyond its window', () => {
    laggard.hears(FAR, ANNA);
    const [, second] = laggard.asked();
    laggard.isAnswered(second!);
    expect(laggard.asked()).toEqual([]);
  });

  it('asks at once for the rest of a part that an answer had no room for', () => {
    laggard.hears(FAR, ANNA);
    const [, second] = laggard.asked();
    laggard.isAnswered(second!, 7);
    expect(ranges(laggard.asked())).toEqual([[PART + 7, 2 * PART]]);
  });

  it('asks all that are ahead, each about as often', () => {
    laggard.hears(FAR, ANNA, BERT, CARL);
    const asked = answering(laggard.asked(), 60);
    for (const source of [ANNA, BERT, CARL]) {
      expect(asked.filter((question) => question.source === source).length).toBeGreaterThanOrEqual(15);
    }
  });

  it('rather asks those that know all of a part', () => {
    laggard.hears(10, ANNA);
    laggard.hears(FAR, BERT, CARL);
    const asked = laggard.asked();
    expect(sourcesOf([...asked, ...answering(asked, 20)])).toEqual(new Set([BERT, CARL]));
  });

  it('knows that it is, beyond a window', () => {
    laggard.hears(windowInstances, ANNA);
    expect(laggard.catchUp.isFarBehind).toBe(false);
    laggard.hears(windowInstances + 1, BERT);
    expect(laggard.catchUp.isFarBehind).toBe(true);
    laggard.log.jump(1 as Instance);
    expect(laggard.catchUp.isFarBehind).toBe(false);
  });

  it('knows how far the members are, whoever else claims more', () => {
    laggard.hears(7, ANNA);
    laggard.hears(5, BERT);
    laggard.hears(FAR, 'dddddddddddddddd' as ProcessId);
    expect(laggard.catchUp.known).toBe(7);
    laggard.log.jump(9 as Instance);
    expect(laggard.catchUp.known).toBe(9);
  });
});

describe('a process that is a little behind', () => {
  it('asks when it has made no progress for a while, once', () => {
    laggard.hears(3, ANNA, BERT);
    laggard.ticks(2);
    expect(laggard.asked()).toEqual([]);
    laggard.ticks(2);
    expect(laggard.asked()).toEqual([{ source: ANNA, from: 0, to: PART }]);
  });

  it('does not run after what is decided while it learns the rest', () => {
    laggard.hears(3, ANNA);
    laggard.ticks(3);
    const [question] = laggard.asked();
    laggard.hears(4, ANNA);
    laggard.hears(6, BERT);
    laggard.isAnswered(question!, 4);
    expect(laggard.asked()).toEqual([]);
    laggard.ticks(3);
    expect(laggard.asked()).toEqual([{ source: BERT, from: 4, to: 4 + PART }]);
  });
});

describe('questions do not multiply:', () => {
  it('an answer that comes twice leads to none', () => {
    laggard.hears(FAR, ANNA);
    const [first] = laggard.asked();
    laggard.isAnswered(first!);
    expect(laggard.asked().length).toBe(1);
    laggard.isAnswered(first!);
    expect(laggard.asked()).toEqual([]);
  });

  it('an answer that comes late leads to none', () => {
    laggard.hears(FAR, ANNA);
    laggard.hears(FAR, BERT);
    const [late] = laggard.asked();
    expect(sourcesOf(laggard.waits().asked)).toEqual(new Set([BERT]));
    laggard.isAnswered(late!);
    expect(laggard.asked()).toEqual([]);
  });

  it('an answer without what was asked for leads to none', () => {
    laggard.hears(FAR, ANNA);
    const [first] = laggard.asked();
    laggard.isAnswered(first!, 0);
    expect(laggard.asked()).toEqual([]);
  });

  it('what is here is not asked for again', () => {
    laggard.hears(FAR, ANNA, BERT);
    const [first, second] = laggard.asked();
    laggard.isAnswered(second!, 7);
    laggard.asked();
    laggard.isAnswered(first!, 1);
    expect(ranges(laggard.asked())).toEqual([[1, PART]]);
  });
});

describe('where a checkpoint takes the place of what was asked for, a process', () => {
  it('goes on from there', () => {
    laggard.hears(FAR, ANNA);
    laggard.asked();
    const next = 10 * windowInstances;
    laggard.log.jump(next as Instance);
    laggard.hears(FAR, ANNA);
    expect(ranges(laggard.asked())[0]).toEqual([next, next + PART]);
  });

  it('asks nothing when that is all there is', () => {
    laggard.hears(FAR, ANNA);
    laggard.asked();
    laggard.log.jump(FAR as Instance);
    laggard.ticks(2 * PATIENCE);
    expect(laggard.asked()).toEqual([]);
  });
});

describe('a source that is dead', () => {
  it('costs one wait, however much it was asked for', () => {
    laggard.hears(FAR, ANNA);
    const lost = laggard.asked();
    laggard.hears(FAR, BERT, CARL);
    const { ticks, asked } = laggard.waits();
    expect(ticks).toBeLessThan(PATIENCE / 2);
    expect(ranges(asked)).toEqual(ranges(lost));
    expect(sourcesOf(asked)).toEqual(new Set([BERT, CARL]));
  });

  it('is asked no more while others answer', () => {
    laggard.hears(FAR, ANNA);
    laggard.asked();
    laggard.hears(FAR, BERT, CARL);
    expect(sourcesOf(answering(laggard.waits().asked, 100))).toEqual(new Set([BERT, CARL]));
  });

  it('is asked one question at a time when there is nobody else, and more when it answers', () => {
    laggard.hears(FAR, ANNA);
    const [first] = laggard.asked();
    for (let i = 0; i < 3; i += 1) expect(laggard.waits().asked).toEqual([first]);
    laggard.isAnswered(first!);
    expect(laggard.asked().length).toBe(catchUpQuestions);
  });

  it('is followed by all others in turn', () => {
    laggard.hears(3, ANNA, BERT, CARL);
    const asked = Array.from({ length: 5 }, () => laggard.waits().asked).flat();
    expect(asked.map(({ source }) => source)).toEqual([ANNA, BERT, CARL, ANNA, BERT]);
  });

  it('is asked like the others when it is heard later on', () => {
    laggard.hears(3, ANNA, BERT);
    expect(laggard.waits().asked).toMatchObject([{ source: ANNA }]);
    const [question] = laggard.waits().asked;
    expect(question!.source).toBe(BERT);
    laggard.isAnswered(question!, 3);
    laggard.hears(6, ANNA);
    expect(laggard.waits().asked).toEqual([{ source: ANNA, from: 3, to: 3 + PART }]);
  });
});

describe('a question that is lost', () => {
  it('is asked again alone, as its source answers others', () => {
    laggard.hears(FAR, ANNA);
    const [lost, ...others] = laggard.asked();
    laggard.ticks(1);
    for (const question of others) laggard.isAnswered(question);
    expect(laggard.asked()).toEqual([]);
    expect(laggard.waits().asked).toEqual([lost]);
  });
});

describe('a process that comes back', () => {
  const INSTANCES = 4 * windowInstances;

  /** A group whose last process is back and lacks INSTANCES, in parts of which each answer holds one. */
  function lagging(n: number): CoreGroup {
    const group = new CoreGroup(n).found();
    group.crash(n);
    const missed = Array.from({ length: INSTANCES }, (_, i) => {
      const id = group.propose(2, String(i));
      group.step();
      return id;
    });
    group.runUntil(() => group.everyoneHasDecided(missed));
    group.settle();
    group.restart(n);
    group.answerInstances = PART;
    group.sent.length = 0;
    return group;
  }

  /** The last process hears how far the others are. Returns how many message delays later it is as far as they. */
  function catchUp(group: CoreGroup): number {
    const { watermark, reign } = group.process(1).core!;
    for (let source = 1; source < group.n; source += 1)
      group.forge(source, group.n, { kind: 'accepted', ballot: reign!, watermark, items: [] });
    return group.runUntil(() => group.process(group.n).core!.watermark >= watermark, 10_000);
  }

  it.each([3, 4, 5])('in a group of %i needs a round trip for each window', (n) => {
    const group = lagging(n);
    expect(catchUp(group)).toBeLessThanOrEqual(2 * (INSTANCES / windowInstances) + 1);
    expect(group.sentOf('catch-up').length).toBe(INSTANCES / PART);
  });

  it('is slower by one wait if one of those that it asks is dead', () => {
    const group = lagging(5);
    group.loss = either(
      to(1),
      both(of('decided'), (m) => m.from === 1),
    );
    const waits = Math.floor(catchUp(group) / (PATIENCE * DELAYS_A_TICK));
    expect(waits).toBeLessThanOrEqual(1);
    expect(group.sentOf('catch-up').filter((m) => m.to === 1).length).toBeLessThanOrEqual(catchUpQuestions);
  });

  it('asks for every part once, whatever is delayed and doubled within the time for an answer', () => {
    const delays = fc.array(fc.integer({ min: 1, max: 4 * DELAYS_A_TICK }), { minLength: 1, maxLength: 3 });
    const fates = fc.infiniteStream(delays);
    fc.assert(
      fc.property(fates, (fate) => {
        const group = lagging(3);
        const isRepair = ({ message: { kind } }: InTransit) => kind === 'catch-up' || kind === 'decided';
        group.copies = (m) => (isRepair(m) ? (fate.next().value as number[]) : [1]);
        catchUp(group);
        const parts = group.sentOf('catch-up').map(({ message }) => message.from);
        expect(new Set(parts).size).toBe(parts.length);
      }),
      { numRuns: 10 },
    );
  });
});

describe('what is large and comes from who was asked', () => {
  /** Whether the question is asked again, of somebody else, while something comes in every tick for `ticks` ticks. */
  function asksAgain(ticks: number, agoTicks: (passed: number) => number): boolean {
    laggard.hears(FAR, ANNA);
    laggard.asked();
    laggard.hears(FAR, BERT);
    for (let passed = 0; passed < ticks; passed += 1) {
      laggard.catchUp.arriving({ from: ANNA, bytes: 1_000, agoTicks: agoTicks(passed) });
      laggard.ticks(1);
    }
    return laggard.asked().length > 0;
  }

  it('may have its answer behind it, where it was announced before the question, or is for this process alone', () => {
    expect(asksAgain(3 * PATIENCE, (passed) => passed)).toBe(false);
    expect(asksAgain(3 * PATIENCE, () => Infinity)).toBe(false);
  });

  it('says nothing of an answer, where it has been announced since', () => {
    expect(asksAgain(3 * PATIENCE, () => 0)).toBe(true);
  });
});
