import { parseArgs } from 'node:util';

import type { MembersChange } from '../paxos/member-changes.js';

export const USAGE = `treplica <command> [options]

  backup DIR FILE     writes all data of the replica with its ledger in DIR, running or not, into the new FILE
  restore FILE DIR    makes a ledger of a backup in DIR, which is empty or does not exist
  recover-group DIR … --to FILE
                      founds a new group of one that has lost its majority for good: writes what all ledgers that are left
                      of it, one in each DIR, hold together into the new FILE, for restore at each process of the new group
  status DIR          tells where the running replica with its ledger in DIR is
  members DIR         tells the members of its group, and which it hears
  join DIR ID...      has it make these observers members of its group, and waits until that is complete
  leave DIR ID...     has it remove these members, and waits until they may be switched off
  keys show DIR       tells which process of the group holds which keys, and which one is sent with
  keys use DIR ID     has the group send with the key ID, which each process has in its file by now
  keys remove DIR ID  removes the key ID and all with lower ids for good, once nobody sends with them
  keys new FILE       adds a new key to the file, with the next id, or makes the file
  ledger show DIR     tells what is in a ledger, also while its replica runs
  ledger verify DIR   reads all of a ledger and lists what is damaged

  --queue ID          the queue to use, where DIR holds several; for restore, the queue of the new ledger (default: the
                      backup's)
  --to FILE           for recover-group: the file to write
  --yes               for recover-group: do not ask whether what may be lost may be lost
  --without-damaged   for recover-group: leave out ledgers that cannot be read
  --force             for join and leave: also if so few of the new members are heard that they are no majority; for keys
                      use and keys remove: also if processes lack the key, or may still send with the old one
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
  | {
      readonly kind: 'recover-group';
      readonly directories: readonly string[];
      readonly file: string;
      readonly isConfirmed: boolean;
      readonly skipsDamaged: boolean;
    }
  | { readonly kind: 'status' | 'members' | 'keys'; readonly directory: string }
  | {
      readonly kind: 'use-key' | 'remove-key';
      readonly directory: string;
      readonly id: number;
      readonly force: boolean;
    }
  | { readonly kind: 'new-key'; readonly file: string }
  | { readonly kind: 'change'; readonly directory: string; readonly change: MembersChange; readonly force: boolean }
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

/** The options that only some commands have. */
type Values = ReturnType<typeof parse>['values'];

function taskIn(values: Values, words: readonly string[]): Task {
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  return words[0] === 'recover-group' ? recoveryOf(words.slice(1), values) : taskOf(words, values);
}

function recoveryOf(directories: readonly string[], values: Values): Task {
  const { to: file = '', yes = false, 'without-damaged': skipsDamaged = false } = values;
  if (directories.length === 0 || directories.includes('') || file === '')
    throw new UsageError('recover-group takes one DIR or more, and --to FILE.');
  return { kind: 'recover-group', directories, file, isConfirmed: yes, skipsDamaged };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        queue: { type: 'string' },
        to: { type: 'string' },
        yes: { type: 'boolean' },
        'without-damaged': { type: 'boolean' },
        force: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function taskOf(words: readonly string[], values: Values): Task {
  const [command, ...operands] = words;
  const stray = (['to', 'yes', 'without-damaged'] as const).find((name) => values[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`Only recover-group takes --${stray}.`);
  if (values.force !== undefined && !['join', 'leave', 'keys'].includes(command ?? ''))
    throw new UsageError('Only join, leave and keys take --force.');
  switch (command) {
    case 'backup': {
      const [directory, file] = take(command, operands, 'DIR', 'FILE');
      return { kind: 'backup', directory, file };
    }
    case 'restore': {
      const [file, directory] = take(command, operands, 'FILE', 'DIR');
      return { kind: 'restore', directory, file };
    }
    case 'status':
    case 'members': {
      const [directory, ...others] = operands;
      if (directory === undefined || others.length > 0) throw new UsageError(`${command} takes DIR.`);
      return { kind: command, directory };
    }
    case 'join':
    case 'leave': {
      const [directory, ...ids] = operands;
      if (directory === undefined || ids.length === 0)
        throw new UsageError(`${command} takes DIR and ids of processes.`);
      return {
        kind: 'change',
        directory,
        change: command === 'join' ? { add: ids } : { remove: ids },
        force: values.force === true,
      };
    }
    case 'keys':
      return keysTask(operands, values.force === true);
    case 'ledger': {
      const [kind, directory] = take(command, operands, 'show or verify', 'DIR');
      if (kind === 'show' || kind === 'verify') return { kind, directory };
      throw new UsageError(`There is no command ledger ${kind}.`);
    }
    default:
      throw new UsageError(command === undefined ? 'No command is given.' : `There is no command ${command}.`);
  }
}

function keysTask([action, place, id, ...others]: readonly string[], force: boolean): Task {
  if (place !== undefined && id === undefined) {
    if (action === 'show') return { kind: 'keys', directory: place };
    if (action === 'new') return { kind: 'new-key', file: place };
  }
  if (place !== undefined && others.length === 0 && /^\d+$/.test(id ?? '')) {
    if (action === 'use' || action === 'remove')
      return { kind: `${action}-key`, directory: place, id: Number(id), force };
  }
  throw new UsageError('keys takes show and DIR, use or remove and DIR and the number of a key, or new and FILE.');
}

function take(command: string, operands: readonly string[], ...names: [string, string]): [string, string] {
  const [first = '', second = '', ...others] = operands;
  if (first !== '' && second !== '' && others.length === 0) return [first, second];
  throw new UsageError(`${command} takes ${names.join(' and ')}.`);
}
