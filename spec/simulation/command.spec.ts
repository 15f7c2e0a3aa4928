import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const BUILD = join(import.meta.dirname, '../../dist');

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the simulator of one build to its end: `npm run simulate` as a real process. */
async function simulate(args: readonly string[], build = BUILD): Promise<Ended> {
  const child = spawn(process.execPath, [join(build, 'simulator/index.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

/** What the summary says, by what it says it of. */
function summaryIn(output: string): Record<string, string> {
  const lines = output.split('\n').map((line) => line.split(/ {2,}/));
  return Object.fromEntries(lines.flatMap(([name, value]) => (name && value !== undefined ? [[name, value]] : [])));
}

describe('npm run simulate', () => {
  it('sums up what it has run', async () => {
    const { code, output } = await simulate(['--runs', '4', '--profile', 'calm', '--workers', '1']);
    expect(code).toBe(0);
    expect(summaryIn(output)).toMatchObject({
      seeds: '4',
      'virtual hours': expect.stringMatching(/^\d+\.\d\d$/),
      'virtual / real time': expect.stringMatching(/^\d+ \(\d+ s in 1 processes\)$/),
      events: expect.stringMatching(/^[1-9]\d+$/),
      'operations checked': expect.stringMatching(/^[1-9]\d+$/),
      'faults injected': '',
      violations: '0',
    });
  });

  it('counts the faults by kind, the most frequent first', async () => {
    const { code, output } = await simulate(['--runs', '2', '--profile', 'lossy', '--seconds', '1', '--workers', '1']);
    expect(code).toBe(0);
    const faults = summaryIn(output)['faults injected'] ?? '';
    expect(faults).toMatch(/^(loss|duplication|mutilation|late) \d+(, \w+ \d+)*$/);
    const counts = faults.split(', ').map((fault) => Number(fault.split(' ').at(-1)));
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  it('tells one run event by event, and comes to the same every time', async () => {
    const traced = ['--seed', '3', '--seconds', '1', '--trace'];
    const [first, second] = await Promise.all([simulate(traced), simulate(traced)]);
    expect(first.code).toBe(0);
    expect(first).toEqual(second);
    const lines = first.output.trimEnd().split('\n');
    expect(lines.pop()).toMatch(/^digest [0-9a-f]{24}$/);
    expect(lines.length).toBeGreaterThan(100);
    expect(lines[0]).toMatch(/^ +0\.\d{6} p\d {2}starts/);
    for (const line of lines) expect(line).toMatch(/^ +\d+\.\d{6} \S* *\S/);
  });

  it.each([
    ['an unknown profile', ['--profile', 'foggy'], '--profile is foggy: give one of calm, lossy'],
    ['seconds that are no number', ['--seconds', 'many'], '--seconds is many'],
    ['runs that are no whole number', ['--runs', '1.5'], '--runs is 1.5'],
    ['a seed that is no number', ['--seed', 'x'], '--seed is x'],
    ['no workers', ['--workers=-1'], '--workers is -1'],
    ['an unknown mutant', ['--mutant', 'nobody'], 'no mutant nobody'],
    ['an unknown option', ['--speed', '9'], "Unknown option '--speed'"],
  ])('refuses %s, with what there is', async (_, args, text) => {
    const { code, output, errors } = await simulate(args);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(text);
    expect(errors).toContain('--profile NAME');
    expect(errors).not.toMatch(/^ +at /m);
  });

  it('says what it can do', async () => {
    const { code, output } = await simulate(['--help']);
    expect(code).toBe(0);
    for (const option of ['seed', 'runs', 'minutes', 'profile', 'seconds', 'workers', 'trace', 'mutants', 'mutant'])
      expect(output).toContain(`--${option} `);
  });

  it('catches a mutant, whose own simulator then fails, with what replays it', async () => {
    const name = 'read-without-round';
    const { code, output } = await simulate(['--mutant', name, '--workers', '1']);
    expect(code).toBe(0);
    const [, checker = '', seed = '', profile = ''] = /^\| read-without-round \| ([a-z ]+) \| (\d+) \| (\w+) \|$/m.exec(
      output,
    )!;
    expect(output).toMatch(/^1 of 1 mutants caught$/m);

    const replay = ['--seed', seed, '--profile', profile, '--seconds', '4'];
    const caught = await simulate([...replay, '--workers', '1'], join(BUILD, 'mutants', name));
    expect(caught.code).toBe(1);
    expect(summaryIn(caught.output)).toMatchObject({ seeds: '1', violations: '1' });
    expect(caught.output).toContain(`${checker}: `);
    expect(caught.output).toContain(`npm run simulate -- ${replay.join(' ')} --trace`);
    const traced = await simulate([...replay, '--trace'], join(BUILD, 'mutants', name));
    expect(traced.code).toBe(1);
    expect(traced.output).toMatch(new RegExp(`VIOLATION \\(${checker}\\) .*\\ndigest [0-9a-f]+\\n$`));
  });
});
