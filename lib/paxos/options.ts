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
import type { QueueListener } from '../queue/events.js';
import { LOG_METHODS } from '../queue/guarded-log.js';
import type { AutoReplace } from './auto-replacement.js';
import type { KeysOption } from './keys.js';
import { checkLimits } from './limits.js';
import type { QueueLimits } from './queue-limits.js';

export interface QueueOptions {
  /** Where the ledger is kept; created when missing. Queues of one process may share it, processes may not. */
  readonly directory: string;
  /** How many processes found the group: the same number at each of them, from 1 to 31. */
  readonly replicas: number;
  /** Address or name of the only network interface to use, with a multicast address. Default: loopback. */
  readonly networkInterface?: string;
  /**
   * Address and port, for UDP and TCP, at which other processes reach this one without multicast, such as `'10.0.0.1:7400'` or
   * `'[fd00::1]:7400'`; `'0.0.0.0:7400'` and `'[::]:7400'` are all addresses of the machine. Without a port, or with port 0, the
   * operating system chooses one. The queue id is then any name, the same at all processes of the group. Takes the place of
   * `networkInterface` and `port`.
   */
  readonly listen?: string;
  /**
   * With `listen`: where other processes of the group may be, each an address or a host name and a port, such as
   * `'10.0.0.2:7400'`, `'[fd00::2]:7400'` or `'db-2.internal:7400'`, or the name of a service with SRV records, such as
   * `'_treplica._udp.example.org'`. Not the members, but where to look for processes: one that is reached at one process of the
   * group need not be named at the others, and the own address may be among them. Names are looked up again while a process is
   * missing. Default: none.
   */
  readonly peers?: readonly string[];
  /** The kind of consensus. Default: `adaptive`, which is classic Paxos, and Fast Paxos while a single process proposes. */
  readonly mode?: Mode;
  /**
   * Port, for UDP and TCP, at which other processes reach this one, so that firewalls can pass it. Queues of one process may
   * share it; another process on the same machine needs another port. Default: the operating system chooses one.
   */
  readonly port?: number;
  /**
   * What only processes of the group have: all that they send is encrypted and authenticated with it, and nobody else is heard.
   * Give each process the same, by a file that its user alone can read, or as a list. The first key seals; frames under each of
   * them are opened. Default: none. Then the queue works on loopback only, and everybody who can send datagrams to it can harm it.
   */
  readonly keys?: KeysOption;
  /** Whether the queue may work without keys on an interface that others reach. Default: false. */
  readonly insecure?: boolean;
  /**
   * Largest datagram, in bytes. Default: 60,000 on loopback and 1,400 elsewhere, which IP need not cut in pieces. Where all links carry
   * jumbo frames of 9,000 bytes, 8,900 need less of the processor.
   */
  readonly maxDatagramBytes?: number;
  /** Logger for the events of the queue. Default: warnings and errors go to standard output. */
  readonly log?: Logger;
  /** Subscribed from the beginning: it is told what happens while the queue is opened, too. See `subscribe`. */
  readonly listener?: QueueListener;
  /** When the state is saved and the log cut; see `CheckpointOptions`. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Whether a process without votes may take part: a process that has lost its votes sets a damaged ledger aside and rejoins
   * the existing group under a new id, without a vote; a process that comes when the group is complete joins it without a vote.
   * Default: false. Then `create` rejects with LEDGER_DAMAGED, also if a ledger was set aside before and the process has joined
   * no group since, and a process beyond the group's founders waits. A process that is already an observer remains one.
   */
  readonly recover?: boolean;
  /**
   * Has a member that has been silent for long replaced by an observer that is level, one at a time, while this process
   * coordinates: so give it to all. A majority that is lost is waited for, never replaced. A member that comes back is an observer.
   * Default: none is replaced by itself.
   */
  readonly autoReplace?: AutoReplace;
  /**
   * Whether this queue may begin in a directory that holds the data of other queues' groups. Default: false, so that a mistaken
   * queue id or directory does not begin an empty group: `create` rejects with QUEUE_MISMATCH. Not needed in an empty
   * directory, nor while another queue of this process is open in it.
   */
  readonly newQueue?: boolean;
  /** Times, sizes and margins that a wide network or a host changes; see `QueueLimits`. */
  readonly limits?: QueueLimits;
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
  listen: optional(isText, "an address and a port, such as '10.0.0.1:7400'"),
  peers: optional(
    (value) => Array.isArray(value) && value.every(isText),
    "a list of addresses or names with ports, such as ['10.0.0.2:7400', 'db-2.internal:7400']",
  ),
  keys: { accepts: () => true, use: 'a list of keys, or the path of a file' }, // `readKeys` says what is wrong without showing it.
  insecure: aBoolean,
  mode: optional((value) => MODES.includes(value), "'fast', 'classic' or 'adaptive'"),
  // How large it may be depends on the interface.
  maxDatagramBytes: optional((value) => typeof value === 'number', 'a whole number of bytes'),
  log: optional((value) => typeof value === 'object' && value !== null, 'a logger, such as one of pino'),
  listener: optional((value) => typeof value === 'function', 'a function of one event'),
  checkpoint: optional((value) => typeof value === 'object' && value !== null, 'an object'),
  limits: optional((value) => value !== null && typeof value === 'object', 'an object'),
  recover: aBoolean,
  autoReplace: optional((value) => value !== null && typeof value === 'object', 'an object'),
  newQueue: aBoolean,
  signal: aSignal,
};

const CHECKPOINT_KINDS: OptionKinds<CheckpointOptions> = {
  everyBytes: aWholeNumber(1),
  everyPositions: aWholeNumber(1),
  logMarginBytes: aWholeNumber(0),
};

const AUTO_REPLACE_KINDS: OptionKinds<AutoReplace> = {
  afterMs: {
    accepts: (value) => isWholeNumber(value, 1_000, Number.MAX_SAFE_INTEGER),
    use: 'a whole number of milliseconds, 1,000 at least',
  },
};

/** @throws TreplicaError INVALID_OPTION that names the option and what it may be. */
export function checkOptions(options: QueueOptions): void {
  const what = 'AsynchronousPersistentQueue.create';
  checkKinds(what, options, KINDS);
  if (options.checkpoint !== undefined) checkKinds(what, options.checkpoint, CHECKPOINT_KINDS, 'checkpoint.');
  if (options.autoReplace !== undefined) checkKinds(what, options.autoReplace, AUTO_REPLACE_KINDS, 'autoReplace.');
  if (options.limits !== undefined) checkLimits(options.limits);
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
