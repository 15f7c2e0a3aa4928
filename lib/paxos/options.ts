import type { Logger } from 'pino';
import type { Mode } from '../consensus/mode.js';
import {
  aBoolean,
  aSignal,
  aWholeNumber,
  checkOptions as checkKinds,
  invalidOption,
  isWholeNumber,
  optional,
  type OptionKinds,
} from '../model/options.js';
import { MAX_MEMBERS } from '../model/view.js';
import type { CheckpointOptions } from '../queue/checkpoint-options.js';
import { LOG_METHODS } from '../queue/guarded-log.js';

export interface QueueOptions {
  /** Where the ledger is kept; created when missing. Queues of one process may share it, processes may not. */
  readonly directory: string;
  /** How many processes found the group: the same number at each of them, from 1 to 31. */
  readonly replicas: number;
  /** Address or name of the network interface to use, and the only one to be used. Default: loopback. */
  readonly networkInterface?: string;
  /** How order is made. Default: `adaptive`, which is classic Paxos, and Fast Paxos where a single process proposes. */
  readonly mode?: Mode;
  /**
   * Port, for UDP and TCP, at which other processes reach this one, so that firewalls can let it through; a process of its
   * own on the same machine needs another, queues of this process may share it. Default: the operating system chooses one.
   */
  readonly port?: number;
  /** Largest datagram, in bytes. Default: 60,000 on loopback and 8,192 elsewhere. */
  readonly maxDatagramBytes?: number;
  /** Where the queue says what happens to it. Default: warnings and errors go to standard output. */
  readonly log?: Logger;
  /** When the state is saved and the log cut; see `CheckpointOptions`. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Whether a process that has lost its votes takes part all the same: it sets a damaged ledger aside and comes back under
   * a new id, without a vote, in the group that exists. The same goes for one that comes when the group is complete.
   * Default: false. `create` then rejects with LEDGER_DAMAGED, also where a ledger was set aside before and nothing has been
   * joined since, and a process beyond the group's founders waits. One that follows a group already goes on to do so.
   */
  readonly recover?: boolean;
  /**
   * Whether this queue may begin in a directory that holds what this process knows as a member of other queues' groups. Default: false,
   * so that a mistaken queue id or directory does not begin an empty group: `create` rejects with QUEUE_MISMATCH. Not needed
   * in an empty directory, nor while another queue of this process is open in it.
   */
  readonly newQueue?: boolean;
  /** Ends the wait for the group to be founded: `create` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const MODES: readonly unknown[] = ['fast', 'classic', 'adaptive'] satisfies Mode[];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const KINDS: OptionKinds<QueueOptions> = {
  directory: { accepts: isText, use: 'the path of a directory for the ledger' },
  replicas: {
    accepts: (value) => isWholeNumber(value, 1, MAX_MEMBERS),
    use: `a whole number from 1 to ${String(MAX_MEMBERS)}`,
  },
  networkInterface: optional(isText, "the name or the address of a network interface, such as '127.0.0.1'"),
  port: aWholeNumber(1, 65_535),
  mode: optional((value) => MODES.includes(value), "'fast', 'classic' or 'adaptive'"),
  // How large it may be depends on the interface.
  maxDatagramBytes: optional((value) => typeof value === 'number', 'a whole number of bytes'),
  log: optional((value) => typeof value === 'object' && value !== null, 'a logger, such as one of pino'),
  checkpoint: optional((value) => typeof value === 'object' && value !== null, 'an object'),
  recover: aBoolean,
  newQueue: aBoolean,
  signal: aSignal,
};

const CHECKPOINT_KINDS: OptionKinds<CheckpointOptions> = {
  everyBytes: aWholeNumber(1),
  everyPositions: aWholeNumber(1),
  logMarginBytes: aWholeNumber(0),
};

/** @throws TreplicaError INVALID_OPTION that names the option and what it may be. */
export function checkOptions(options: QueueOptions): void {
  const what = 'AsynchronousPersistentQueue.create';
  checkKinds(what, options, KINDS);
  if (options.checkpoint !== undefined) checkKinds(what, options.checkpoint, CHECKPOINT_KINDS, 'checkpoint.');
  if (options.log !== undefined) checkLog(options.log);
}

function checkLog(log: Logger): void {
  const missing = LOG_METHODS.find((method) => typeof (log[method] as unknown) !== 'function');
  if (missing === undefined) return;
  const advice =
    (log as unknown) === console ? "console has none: leave the option out, or use pino's" : `add it, or use pino's`;
  throw invalidOption(
    'log',
    log,
    `a logger with the methods ${LOG_METHODS.join(', ')}; this one has no ${missing}, ${advice}`,
  );
}
