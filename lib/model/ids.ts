/**
 * The vocabulary of the system as types: ids, ballots, batches, views, records, errors, constants and settings. Everything here is
 * a value that cannot change or a pure function of such values, so that every layer may share it.
 */

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** One member or would-be member of a group: 16 hexadecimal digits, random, made once and kept in the process's ledger. */
export type ProcessId = Brand<string, 'ProcessId'>;

/** Everything that grew from one founding: 16 hexadecimal digits, the digest of the first view. */
export type GroupId = Brand<string, 'GroupId'>;

/** One slot of the sequence that Paxos decides, counted from 0. */
export type Instance = Brand<number, 'Instance'>;

/** Number of messages delivered so far; names a state of the application. */
export type Position = Brand<number, 'Position'>;

export const NO_GROUP = '0000000000000000' as GroupId;

const ID_PATTERN = /^[0-9a-f]{16}$/;

export function isProcessId(text: unknown): text is ProcessId {
  return typeof text === 'string' && ID_PATTERN.test(text);
}

export function isGroupId(text: unknown): text is GroupId {
  return typeof text === 'string' && ID_PATTERN.test(text);
}

/**
 * Reigns and instances stay below, so that no sum of one of them with a window or a step exceeds the safe integers. No process
 * counts that far: a message with a higher number is malformed.
 */
export const COUNTER_MAX = 2 ** 52;

/** The instance `offset` places after `instance`. */
export function after(instance: Instance, offset = 1): Instance {
  return (instance + offset) as Instance;
}

export function laterOf(a: Instance, b: Instance): Instance {
  return a > b ? a : b;
}

export function earlierOf(a: Instance, b: Instance): Instance {
  return a < b ? a : b;
}
