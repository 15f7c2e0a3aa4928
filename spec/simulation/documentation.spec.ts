import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { compile, snippetIn } from '../support/snippet.js';

const page = snippetIn('docs/simulation.md');
const execute = promisify(execFile);

describe("the simulation page's program", () => {
  let directory: string;

  /** Compiles and runs it. Resolves with what it prints. */
  const outputOf = async (name: string, program: string): Promise<string> => {
    writeFileSync(join(directory, `${name}.ts`), program);
    expect(compile(join(directory, `${name}.ts`))).toEqual([]);
    const { stdout } = await execute(process.execPath, [join(directory, `${name}.js`)], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };

  beforeAll(() => {
    const parent = join(import.meta.dirname, '../../dist/spec');
    mkdirSync(parent, { recursive: true });
    directory = mkdtempSync(join(parent, 'simulation-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('finds nothing wrong with what it simulates', async () => {
    expect(await outputOf('sound', page)).toMatch(/^16 runs, \d+ answers, nothing found\n$/);
  }, 300_000);

  it('finds what is wrong where an operation draws its own random numbers', async () => {
    const planted = page.replace(
      'stock.pieces -= this.pieces;',
      'stock.pieces -= Math.random() < 0.9 ? this.pieces : 0;',
    );
    expect(planted).not.toBe(page);
    expect(await outputOf('planted', planted)).toMatch(/VIOLATION \((equal states|invariants)\)/);
  });
});
