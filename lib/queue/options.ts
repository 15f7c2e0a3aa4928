import { inspect } from 'node:util';
import type { Logger } from 'pino';
import type { Mode } from '../consensus/mode.js';
import { TreplicaError } from '../model/errors.js';
import { limits } from '../model/limits.js';
import { MAX_MEMBERS } from '../model/view.js';

/** A checkpoint is made when either measure is reached; a measure that is left out has its default. */
export interface CheckpointOptions {
  /** Bytes of messages delivered since the last; 128 MiB unless given. */
  readonly everyBytes?: number;
  /** Messages delivered since the last; 1,000,000 unless given. */
  readonly everyPositions?: number;
  /** Bytes of the log that are kept below the checkpoint, for processes that lag a little; 64 MiB unless given. */
  readonly logMarginBytes?: number;
}

export interface QueueOptions {
  /** Where the ledger is kept; created when missing. Queues of one process may share it, processes may not. */
  readonly directory: string;
  /** How many processes found the group: the same number at each of them, from 1 to 31. */
  readonly replicas: number;
  /** Address or name of the network interface to use, and the only one to be used; loopback unless given. */
  readonly networkInterface?: string;
  /** How order is made; `adaptive` unless given: classic Paxos, and Fast Paxos where a single process proposes. */
  readonly mode?: Mode;
  /** Largest datagram, in bytes; unless given, 60,000 on loopback and 8,192 elsewhere. */
  readonly maxDatagramBytes?: number;
  /** Where the queue says what happens to it; unless given, warnings and errors go to standard output. */
  readonly log?: Logger;
  /** When the state is saved and the log cut; see `CheckpointOptions`. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Whether a process that has lost its votes takes part all the same: it sets a damaged ledger aside and comes back under
   * a new id, without a vote, in the group that exists. The same goes for one that comes when the group is complete.
   * Unless given, false: `create` rejects with LEDGER_DAMAGED, and a process beyond the group's founders waits.
   */
  readonly recover?: boolean;
  /** Ends the wait for the group to be founded: `create` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const MODES: readonly unknown[] = ['fast', 'classic', 'adaptive'] satisfies Mode[];

/** @throws TreplicaError INVALID_OPTION that names the option and what it may be. */
export function checkOptions(options: QueueOptions): void {
  const { directory, replicas, mode } = options;
  if (typeof directory !== 'string' || directory === '') {
    throw invalid('directory', directory, 'the path of a directory for the ledger');
  }
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > MAX_MEMBERS) {
    throw invalid('replicas', replicas, `a whole number from 1 to ${String(MAX_MEMBERS)}`);
  }
  const { everyBytes = 1, everyPositions = 1, logMarginBytes = 0 } = options.checkpoint ?? {};
  for (const [name, value] of Object.entries({ everyBytes, everyPositions })) {
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(`checkpoint.${name}`, value, 'a whole number above 0');
  }
  if (!Number.isSafeInteger(logMarginBytes) || logMarginBytes < 0)
    throw invalid('checkpoint.logMarginBytes', logMarginBytes, 'a number of bytes');
  if (mode !== undefined && !MODES.includes(mode)) throw invalid('mode', mode, "'fast', 'classic' or 'adaptive'");
}

/** @throws TreplicaError INVALID_OPTION or MESSAGE_TOO_LARGE where a queue cannot carry `message`. */
export function checkMessage(message: Uint8Array): void {
  // Copied as what it is not, a string, say, would become zeros.
  if (!(message instanceof Uint8Array)) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `A message is a Uint8Array, such as a Buffer, and this is ${inspect(message)}: encode it first.`,
    );
  }
  if (message.length > limits.messageBytesMax) {
    throw new TreplicaError(
      'MESSAGE_TOO_LARGE',
      `A message of ${String(message.length)} bytes is larger than the ${String(limits.messageBytesMax)} that a queue carries: split it.`,
    );
  }
}

function invalid(option: string, value: unknown, use: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', `The option ${option} is ${inspect(value)}: use ${use}.`);
}
