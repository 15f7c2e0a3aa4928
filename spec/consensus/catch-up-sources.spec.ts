import { beforeEach, describe, expect, it } from '@jest/globals';

import { defaults } from '../../lib/model/settings.js';
import { ANNA, BERT, CARL } from '../support/ids.js';
import { FAR, Laggard, PART, PATIENCE, ranges, SlowLaggard, sourcesOf } from '../support/laggard.js';

const { catchUpQuestions } = defaults;

let laggard: Laggard;

beforeEach(() => {
  laggard = new Laggard(ANNA, BERT, CARL);
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
    expect(sourcesOf(laggard.answering(laggard.waits().asked, 100))).toEqual(new Set([BERT, CARL]));
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

describe('a source that nothing at all comes from', () => {
  it('is given up after some seconds, however long its answer may take over a slow link', () => {
    laggard = new SlowLaggard(ANNA, BERT);
    laggard.hears(FAR, ANNA);
    const lost = laggard.asked();
    laggard.hears(FAR, BERT);
    const { ticks, asked } = laggard.waits();
    expect(ticks).toBeLessThanOrEqual(500);
    expect(asked[0]).toEqual({ ...lost[0]!, source: BERT });
  });

  it('is waited for as long as bytes come', () => {
    laggard = new SlowLaggard(ANNA, BERT);
    laggard.hears(FAR, ANNA);
    laggard.asked();
    laggard.hears(FAR, BERT);
    for (let ticks = 0; ticks < 5_000; ticks += 1) {
      laggard.catchUp.tick();
      laggard.catchUp.arriving({ from: ANNA, bytes: 100, agoTicks: Infinity });
      expect(laggard.asked()).toEqual([]);
    }
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

describe('a large message that comes from the process that was asked', () => {
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
