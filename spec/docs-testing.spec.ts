import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

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
