import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { constants } from '../lib/model/constants.js';

/** One measurement, as `--json` writes it. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

type Defaults = Readonly<Record<string, string | number>>;

/** Flags of a benchmark: a number where the default is one. */
export type Flags<D extends Defaults> = { readonly [K in keyof D]: D[K] extends number ? number : string };

/** A benchmark takes its part of the command line, prints what it measures, and writes its rows where `--json` says. */
export type Benchmark = (args: readonly string[]) => Promise<void>;

/** The flags of every benchmark, with their defaults. */
const common = {
  mode: 'adaptive',
  port: 7409,
  bytes: 64,
  everyBytes: constants.checkpointEveryBytes,
  everyPositions: constants.checkpointEveryPositions,
  logMarginBytes: constants.logMarginBytes,
};
type Common = Flags<typeof common>;

/** Makes a benchmark of a function that measures; `defaults` are its flags beyond the common ones. */
export function benchmark<D extends Defaults>(
  defaults: D,
  measure: (flags: Flags<D> & Common) => Promise<readonly Row[]>,
): Benchmark {
  const all: Defaults = { ...common, ...defaults, json: '' };
  return command(all, async (flags) => {
    const rows = await measure(flags as Flags<D> & Common);
    const file = String(flags['json']);
    if (file !== '') await writeFile(file, JSON.stringify(rows, null, 2));
  });
}

/** Makes what measures nothing itself of what does it; `defaults` are its flags. */
export function command<D extends Defaults>(defaults: D, run: (flags: Flags<D>) => Promise<void>): Benchmark {
  return async (args) => {
    const flags = readFlags(defaults, args);
    if (flags !== null) return run(flags as Flags<D>);
    const lines = Object.entries(defaults).map(([flag, usual]) => `  --${flag}  ${String(usual)}`);
    console.log(lines.join('\n'));
  };
}

/**
 * Null where help is asked for.
 * @throws Error that names the flag that is wrong
 */
function readFlags(defaults: Defaults, args: readonly string[]): Record<string, string | number> | null {
  const options: Record<string, { readonly type: 'string' | 'boolean' }> = { help: { type: 'boolean' } };
  for (const flag of Object.keys(defaults)) options[flag] = { type: 'string' };
  const { values } = parseArgs({ args: [...args], options });
  if (values['help'] === true) return null;
  return Object.fromEntries(
    Object.entries(defaults).map(([flag, usual]) => [flag, valueOf(flag, values[flag] as string | undefined, usual)]),
  );
}

function valueOf(flag: string, text: string | undefined, usual: string | number): string | number {
  if (text === undefined || typeof usual === 'string') return text ?? usual;
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${flag} is ${text}: give a number, at least 0.`);
}
