import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { compile, snippetIn } from './support/snippet.js';
import { newQueueId } from './support/udp-testbed.js';

describe('The page on reads', () => {
  let directory: string;
  beforeAll(() => {
    const dist = join(import.meta.dirname, '../dist/spec');
    mkdirSync(dist, { recursive: true });
    directory = mkdtempSync(join(dist, 'reads-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('has a program that passes the compiler and does what it says', async () => {
    const program = snippetIn('docs/reads.md').replace('239.255.0.1:7400', await newQueueId());
    writeFileSync(join(directory, 'stock.ts'), program);
    expect(compile(join(directory, 'stock.ts'))).toEqual([]);
    await promisify(execFile)(process.execPath, [join(directory, 'stock.js')], { timeout: 50_000 });
  });
});
