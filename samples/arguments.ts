import { parseArgs, type ParseArgsConfig } from 'node:util';

import { isSampleName, type SampleName, sampleNames } from './tours.js';

/** The error of a command line, in one line. */
export class UsageError extends Error {}

/** The options of a command line: `names` take a value, `flags` and --help do not. @throws UsageError */
export function parseOptions(
  args: readonly string[],
  names: readonly string[],
  flags: readonly string[] = [],
): Readonly<Record<string, string>> & { help?: string } {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const name of names) options[name] = { type: 'string' };
  for (const flag of flags) options[flag] = { type: 'boolean' };
  try {
    const { values } = parseArgs({ args: [...args], options });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\.\s/)[0]);
  }
}

/** @throws UsageError */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`--${name} is a whole number from ${min} to ${max}, not "${text}"`);
}

/** @throws UsageError */
export function yesOrNo(name: string, text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new UsageError(`--${name} is yes or no, not "${text}"`);
}

/** @throws UsageError */
export function sampleName(text: string): SampleName {
  if (isSampleName(text)) return text;
  throw new UsageError(`--sample is ${sampleNames.join(' or ')}, not "${text}"`);
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** @throws UsageError */
export function logLevel(text: string): string {
  if (logLevels.includes(text)) return text;
  throw new UsageError(`--log-level is one of ${logLevels.join(', ')}, not "${text}"`);
}
