import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { constants } from '../../lib/model/constants.js';
import { defaults } from '../../lib/model/settings.js';
import { defaultOf, LIMITS, RELATIONS, settingsOf } from '../../lib/paxos/limits.js';
import { checkOptions } from '../../lib/paxos/options.js';
import type { QueueLimits } from '../../lib/paxos/queue-limits.js';
import { BODY_HEAD_BYTES } from '../../lib/sequence/batch-body.js';

type Name = keyof QueueLimits;

const root = join(import.meta.dirname, '../..');
const names = Object.keys(LIMITS) as Name[];

function check(limits: object): void {
  checkOptions({ directory: 'somewhere', replicas: 3, limits });
}

/** An INVALID_OPTION that says all of these words. */
function refusalWith(...words: readonly string[]): unknown {
  return expect.objectContaining({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(new RegExp(words.map((word) => `(?=.*${word})`).join(''))),
  });
}

/** Each sentence of the type, by its name. */
function sentences(): Map<string, string> {
  const source = readFileSync(join(root, 'lib/paxos/queue-limits.ts'), 'utf8');
  return new Map(
    Array.from(
      source.matchAll(/\/\*\*\s+([^/]+?)\s*\*\/\s+readonly (\w+)\?: number;/g),
      ([, sentence = '', name = '']) => [name, sentence.replaceAll(/\s*\n\s*\*\s*/g, ' ')],
    ),
  );
}

describe('a limit', () => {
  it('is there for each setting, once', () => {
    expect(names.map((name) => LIMITS[name].setting).sort()).toEqual(Object.keys(defaults).sort());
  });

  it('that is left out is the default', () => {
    expect(settingsOf({})).toEqual(defaults);
    expect(() => check(Object.fromEntries(names.map((name) => [name, undefined])))).not.toThrow();
    expect(() => check(Object.fromEntries(names.map((name) => [name, defaultOf(name)])))).not.toThrow();
    expect(settingsOf(Object.fromEntries(names.map((name) => [name, defaultOf(name)])))).toEqual(defaults);
  });

  it.each(names)('%s outside of its range is refused by name, with the value and the range', (name) => {
    const { min, max } = LIMITS[name];
    for (const value of [min - 1, max + 1, min + 0.5, NaN, String(min), null])
      expect(() => check({ [name]: value })).toThrow(refusalWith(`limits\\.${name}`, `${min}`, `${max}`));
    expect(defaultOf(name)).toBeGreaterThanOrEqual(min);
    expect(defaultOf(name)).toBeLessThanOrEqual(max);
  });

  it('of time becomes ticks, rounded up, and a throughput bytes a tick', () => {
    const { silenceTicks, retryTicksMax, bytesATick } = settingsOf({
      ...{ silenceMs: 400, retryMsMax: 501, bytesPerSecond: 10_001 },
    });
    expect([silenceTicks, retryTicksMax, bytesATick]).toEqual([40, 51, 101]);
    expect(settingsOf({ batchBytesMax: 777 })).toEqual({ ...defaults, batchBytesMax: 777 });
  });

  it('that does not exist is refused, and the nearest one named', () => {
    expect(() => check({ heartBeatMs: 30 })).toThrow(refusalWith('limits\\.heartbeatMs'));
    expect(() => check([])).toThrow(refusalWith('limits', 'give an object'));
    expect(() => check(null as never)).toThrow(refusalWith('limits'));
  });
});

describe('two limits', () => {
  it.each(RELATIONS)('$smaller times $times is at most $larger', ({ smaller, times, larger }) => {
    const high = Math.max(LIMITS[larger].min, times * LIMITS[smaller].min);
    const others = { batchBytesMax: 100, patienceMsMax: 3_600_000, ...eased(larger) };
    const at = (low: number): object => ({ ...others, [larger]: high, [smaller]: low });
    const step = smaller.includes('Ms') ? 10 : 1;
    const most = Math.floor(high / times / step) * step;
    expect(() => check(at(most))).not.toThrow();
    expect(() => check(at(most + step))).toThrow(
      refusalWith(`limits\\.${smaller} is ${most + step}`, larger, `${high}`),
    );
  });

  it('keep what a proposer has in flight within what is held out of turn', () => {
    const most = constants.heldBytesMax - 8 * BODY_HEAD_BYTES;
    expect(LIMITS.bytesInFlightMax.max).toBeLessThanOrEqual(most);
    expect(LIMITS.batchesInFlightMax.max).toBe(constants.heldBatchesMax);
  });

  it('keep answers to a process that is behind within its lane', () => {
    const catchUpBytes = 3 * 1024 * 1024;
    expect(() => check({ catchUpQuestions: 4, catchUpBytes })).not.toThrow();
    expect(() => check({ catchUpQuestions: 5, catchUpBytes })).toThrow(
      refusalWith('limits\\.catchUpBytes', 'catchUpQuestions'),
    );
  });

  it('leave the window within α, and within the time that a batch is held', () => {
    expect(LIMITS.windowInstances.max).toBeLessThanOrEqual(
      Math.min(constants.borderInstances, constants.heldInstances),
    );
  });
});

/** Others as small as they may be, so that one relation is judged alone. */
function eased(larger: Name): Partial<Record<Name, number>> {
  const smaller = RELATIONS.filter((relation) => relation.larger === larger).map((relation) => relation.smaller);
  return Object.fromEntries(smaller.map((name) => [name, LIMITS[name].min]));
}

describe('the page on limits', () => {
  const page = readFileSync(join(root, 'docs/settings.md'), 'utf8');

  it('has each of them with its default, range, unit and sentence', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const shown = (value: number): string => value.toLocaleString('en');
    const said = sentences();
    expect(
      rows.map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    ).toEqual(
      names.map((name) => {
        const { min, max, unit } = LIMITS[name];
        return [`\`${name}\``, shown(defaultOf(name)), `${shown(min)} to ${shown(max)}`, unit, said.get(name)];
      }),
    );
  });

  it('has each dependence', () => {
    const lines = RELATIONS.map(({ smaller, times, larger }) =>
      times === 1
        ? `- \`${smaller}\` is at most \`${larger}\`.`
        : `- \`${smaller}\` is at most \`${larger}\` divided by ${times}.`,
    );
    for (const line of lines) expect(page).toContain(line);
  });
});
