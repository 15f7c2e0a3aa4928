import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { compile, snippetsIn } from './support/snippet.js';
import { newQueueId } from './support/udp-testbed.js';

/** The programs of each page, in their order. */
const PAGES: readonly [string, readonly string[]][] = [
  ['docs/testing.md', ['raffle', 'replicas']],
  ['docs/reads.md', ['stock']],
];

describe.each(PAGES)('The page %s', (page, names) => {
  let directory: string;

  beforeAll(async () => {
    const dist = join(import.meta.dirname, '../dist/spec');
    mkdirSync(dist, { recursive: true });
    directory = mkdtempSync(join(dist, 'page-'));
    const queueId = await newQueueId();
    for (const [i, name] of names.entries())
      writeFileSync(join(directory, `${name}.ts`), snippetsIn(page)[i]!.replace('239.255.0.1:7400', queueId));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(names)('has a program %s that passes the compiler and does what it says', async (name) => {
    expect(compile(join(directory, `${name}.ts`))).toEqual([]);
    await promisify(execFile)(process.execPath, [join(directory, `${name}.js`)], { timeout: 50_000 });
  });

  it('has no other program', () => {
    expect(snippetsIn(page)).toHaveLength(names.length);
  });
});
