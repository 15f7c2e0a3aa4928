import { parseArgs } from 'node:util';

export const USAGE = `treplica <command> [options]

  backup DIR FILE     writes all data of the replica with its ledger in DIR, running or not, into the new FILE
  restore FILE DIR    makes a ledger of a backup in DIR, which is empty or does not exist
  ledger show DIR     tells what is in a ledger, also while its replica runs
  ledger verify DIR   reads all of a ledger and lists what is damaged

  --queue ID          the queue to use, where DIR holds several; for restore, the queue of the new ledger (default: the
                      backup's)
  --json              prints JSON
  --help              prints this
  --version           prints the version of Treplica

Exit code: 0, 1 where something is damaged or has failed, 2 where the command is not one of these.`;

/** The request of the command line. */
type Task =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'backup'; readonly directory: string; readonly file: string }
  | { readonly kind: 'restore'; readonly directory: string; readonly file: string }
  | { readonly kind: 'show'; readonly directory: string }
  | { readonly kind: 'verify'; readonly directory: string };

export interface Arguments {
  readonly task: Task;
  readonly queueId: string | undefined;
  readonly json: boolean;
}

/** The command line is none that the command knows: the message says why. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  return { task: taskIn(values, positionals), queueId: values.queue, json: values.json === true };
}

function taskIn(
  { help, version }: { readonly help?: boolean | undefined; readonly version?: boolean | undefined },
  words: readonly string[],
): Task {
  if (help === true) return { kind: 'help' };
  return version === true ? { kind: 'version' } : taskOf(words);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        queue: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function taskOf(words: readonly string[]): Task {
  const [command, ...operands] = words;
  switch (command) {
    case 'backup': {
      const [directory, file] = take(command, operands, 'DIR', 'FILE');
      return { kind: 'backup', directory, file };
    }
    case 'restore': {
      const [file, directory] = take(command, operands, 'FILE', 'DIR');
      return { kind: 'restore', directory, file };
    }
    case 'ledger': {
      const [kind, directory] = take(command, operands, 'show or verify', 'DIR');
      if (kind === 'show' || kind === 'verify') return { kind, directory };
      throw new UsageError(`There is no command ledger ${kind}.`);
    }
    default:
      throw new UsageError(command === undefined ? 'No command is given.' : `There is no command ${command}.`);
  }
}

function take(command: string, operands: readonly string[], ...names: [string, string]): [string, string] {
  const [first = '', second = '', ...others] = operands;
  if (first !== '' && second !== '' && others.length === 0) return [first, second];
  throw new UsageError(`${command} takes ${names.join(' and ')}.`);
}
