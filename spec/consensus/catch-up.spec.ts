import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { ANNA, BERT, CARL } from '../support/ids.js';
import { FAR, Laggard, PART, PATIENCE, ranges, sourcesOf } from '../support/laggard.js';

const { windowInstances, catchUpQuestions } = defaults;

let laggard: Laggard;

beforeEach(() => {
  laggard = new Laggard(ANNA, BERT, CARL);
});

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
    const asked = laggard.answering(laggard.asked(), 60);
    for (const source of [ANNA, BERT, CARL]) {
      expect(asked.filter((question) => question.source === source).length).toBeGreaterThanOrEqual(15);
    }
  });

  it('rather asks those that know all of a part', () => {
    laggard.hears(10, ANNA);
    laggard.hears(FAR, BERT, CARL);
    const asked = laggard.asked();
    expect(sourcesOf([...asked, ...laggard.answering(asked, 20)])).toEqual(new Set([BERT, CARL]));
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

  it('a decision that is here is not asked for again', () => {
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
