import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { huntMutants } from '../../simulator/mutant-hunt.js';
import { type Mutant, mutants } from '../../simulator/mutants.js';
import { buildMutant, mutate } from '../../simulator/mutate.js';

const ROOT = join(import.meta.dirname, '../..');

describe('the mutants', () => {
  it.each(mutants)('$name changes what the source of today does', (mutant) => {
    const { original, mutated } = mutate(mutant, ROOT);
    expect(mutated).not.toBe(original);
  });

  it('have names of their own, which may be names of folders', () => {
    const names = mutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('are unknown to the sources of the library', () => {
    const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(sources.length).toBeGreaterThan(0);
    for (const { parentPath, name } of sources) {
      expect(readFileSync(join(parentPath, name), 'utf8')).not.toMatch(/mutant/i);
    }
  });
});

/** A simulator in which all runs go wrong if greetings are not friendly. */
const WORKER = `
import { greeting } from '../lib/deep/greeting.js';
const violation = greeting === 'hello' ? null : { checker: 'friendliness', text: greeting };
process.on('message', ({ seed }) => process.send({ seed, violation }));
process.once('disconnect', () => process.exit(1));
process.send('loaded');
`;

describe('the tree of a mutant', () => {
  const mutant: Mutant = {
    name: 'greets-wrongly',
    file: 'lib/deep/greeting.ts',
    from: "'hello'",
    to: "'goodbye'",
    breaks: 'A greeting is friendly.',
  };
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'treplica-mutant-'));
    write('tsconfig.json', readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
    write('lib/deep/greeting.ts', "export const greeting: string = 'hello';\n");
    write('dist/lib/deep/greeting.js', 'built');
    write('dist/lib/index.js', 'built');
    write('dist/simulator/index.js', 'built');
    write('dist/samples/start.js', 'built');
  });

  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(root, { recursive: true });
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  function textsIn(folder: string): Record<string, string> {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  }

  it('is the build with one module replaced, and leaves the build as it is', () => {
    const folder = buildMutant(mutant, root);
    expect(folder).toBe(join(root, 'dist/mutants/greets-wrongly'));
    expect(textsIn(folder)).toEqual({
      'lib/deep/greeting.js': "export const greeting = 'goodbye';\n",
      'lib/index.js': 'built',
      'simulator/index.js': 'built',
    });
    expect(readFileSync(join(root, 'dist/lib/deep/greeting.js'), 'utf8')).toBe('built');
  });

  it('holds nothing of a build before', () => {
    buildMutant(mutant, root);
    rmSync(join(root, 'dist/lib/index.js'));
    expect(textsIn(buildMutant(mutant, root))).not.toHaveProperty(['lib/index.js']);
  });

  it.each([
    ['is missing', "'hi'"],
    ['occurs twice', 'e'],
  ])('is not made where the text to be replaced %s', (_, from) => {
    expect(() => buildMutant({ ...mutant, from }, root)).toThrow(/greets-wrongly .* must occur once/);
  });

  it.each([
    [
      'is caught where a run says that something is wrong',
      "'goodbye'",
      true,
      /^\| greets-wrongly \| friendliness \| 1 \|/,
    ],
    [
      'is caught by nobody, and fails the hunt, where its syntax is broken',
      "''; const greeting = ''",
      false,
      /^\| greets-wrongly \| \*\*nobody: it does not load\*\* \|/,
    ],
  ])('%s', async (_, to, isCaught, row) => {
    write('package.json', '{ "type": "module" }');
    write('dist/simulator/worker.js', WORKER);
    const lines: string[] = [];
    jest.spyOn(console, 'log').mockImplementation((line: string) => lines.push(...line.split('\n')));
    const errors = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await huntMutants([{ ...mutant, to }], 1, root)).toBe(isCaught);
    expect(lines[2]).toMatch(row);
    expect(lines.at(-1)).toBe(`${isCaught ? 1 : 0} of 1 mutants caught`);
    expect(errors).toHaveBeenCalledTimes(1);
  });

  it('is not made of what is no TypeScript', () => {
    expect(() => buildMutant({ ...mutant, to: "'" }, root)).toThrow(/greeting\.ts/);
  });
});
