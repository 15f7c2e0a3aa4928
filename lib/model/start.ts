import type { ProcessId } from './ids.js';

declare const nonceBrand: unique symbol;

/**
 * 128 random bits as 32 hexadecimal digits, drawn anew at each start of a process, which opens one transport. Frames carry them
 * as `boot`.
 */
export type Nonce = string & { readonly [nonceBrand]: true };

/** One start of a process. An incarnation counts starts; the nonce tells apart two starts from copies of one directory. */
export interface Start {
  /** From 1 to `INCARNATION_MAX`. */
  readonly incarnation: number;
  readonly nonce: Nonce;
}

/** A process's knowledge of the starts of another member. */
export interface PeerStarts {
  readonly process: ProcessId;
  /** The latest start that it has met, and later ones that others have told of. Ascending by incarnation, not empty. */
  readonly starts: readonly Start[];
  /** Two starts of this member know nothing of each other: its directory was put back, and its votes count no more. */
  readonly isForked: boolean;
}

/** The starts in a ledger. */
export interface StartsRecord {
  /** The starts of this process from this directory: the latest `OWN_STARTS_MAX`, ascending, the present one last. */
  readonly own: readonly Start[];
  readonly peers: readonly PeerStarts[];
  /** This directory was put back to its state before a later start: it lacks votes and promises. */
  readonly hasLostVotes: boolean;
}

export const NO_STARTS: StartsRecord = { own: [], peers: [], hasLostVotes: false };

/** So many starts fit the number that names one in batch ids, of which 32 bits are of the nonce, below 2^53. */
export const INCARNATION_MAX = 2_000_000;

/** A process tells so many of its own starts: after more of them, a peer that was away for all cannot compare any more. */
export const OWN_STARTS_MAX = 16;

/** Starts of one member that are kept at most. */
export const PEER_STARTS_MAX = 4;

const NONCE_NUMBERS = 2 ** 32;
const NONCE_PATTERN = /^[0-9a-f]{32}$/;

export function isNonce(text: unknown): text is Nonce {
  return typeof text === 'string' && NONCE_PATTERN.test(text);
}

export function sameStart(a: Start, b: Start): boolean {
  return a === b || (a.incarnation === b.incarnation && a.nonce === b.nonce);
}

/**
 * The number that names a start in batch ids. It rises with the incarnation, and two starts with one incarnation have
 * different ones, for it holds 32 bits of the nonce.
 */
export function startNumber({ incarnation, nonce }: Start): number {
  return incarnation * NONCE_NUMBERS + Number.parseInt(nonce.slice(0, 8), 16);
}

/** The incarnation of the start that `number` names. */
export function incarnationOf(number: number): number {
  return Math.floor(number / NONCE_NUMBERS);
}

/**
 * Whether a directory that has seen the starts `own`, ascending, can also have seen `start`. A start that is older than
 * all those it still knows may have been its own.
 */
export function isOfLineage(start: Start, own: readonly Start[]): boolean {
  const [oldest] = own;
  return (
    oldest === undefined || start.incarnation < oldest.incarnation || own.some((former) => sameStart(former, start))
  );
}
