import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { testContext, type TestContextOptions } from '../lib/index.js';
import { DecidedContext } from '../lib/machine/execution-context.js';
import { compile, snippetsIn } from './support/snippet.js';
import { newQueueId } from './support/udp-testbed.js';

const root = join(import.meta.dirname, '..');

describe('The page on testing', () => {
  let directory: string;

  beforeAll(async () => {
    const dist = join(root, 'dist/spec');
    mkdirSync(dist, { recursive: true });
    directory = mkdtempSync(join(dist, 'testing-'));
    const [raffle = '', replicas = ''] = snippetsIn('docs/testing.md');
    writeFileSync(join(directory, 'raffle.ts'), raffle);
    writeFileSync(join(directory, 'replicas.ts'), replicas.replace('239.255.0.1:7400', await newQueueId()));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(['raffle', 'replicas'])('has a program %s that passes the compiler and does what it says', async (name) => {
    expect(compile(join(directory, `${name}.ts`))).toEqual([]);
    await promisify(execFile)(process.execPath, [join(directory, `${name}.js`)], { timeout: 50_000 });
  });
});

describe('A context for tests', () => {
  it('is what the operation at that position is given at that time', () => {
    const decided = new DecidedContext();
    decided.enter(41, 1_000);
    const context = testContext({ time: new Date(1_000), seed: 41 });
    for (const { position, time } of [decided, context]) expect([position, time]).toEqual([41, 1_000]);
    expect([context.random(), context.random()]).toEqual([decided.random(), decided.random()]);
    expect([context.uniqueId(), context.uniqueId()]).toEqual([decided.uniqueId(), decided.uniqueId()]);
    expect(context.now()).toEqual(new Date(1_000));
    expect(testContext({ time: -5 }).time).toBe(-5);
  });

  it.each<[object, RegExp]>([
    [{ now: 5 }, /no option now of testContext/],
    [{ time: 'noon' }, /time is 'noon'/],
    [{ time: new Date(NaN) }, /time is Invalid Date/],
    [{ seed: -1 }, /seed is -1: use a whole number/],
  ])('refuses %j', (options, message) => {
    expect(() => testContext(options as TestContextOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
