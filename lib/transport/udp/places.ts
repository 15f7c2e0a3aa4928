import type { Address, Peers } from '../frame/peers.js';
import { shownAddress } from './rendezvous.js';

/** An address at which a process of the queue may be. */
export interface HintedAddress extends Address {
  /** The tick since which it is known. */
  readonly since: number;
  /** Another process has told of it, and nobody else. */
  readonly isHearsay: boolean;
}

export interface HintSource {
  /** Another number whenever the addresses have changed. */
  readonly version: number;
  addresses(): Iterable<HintedAddress>;
}

export interface Place {
  readonly where: Address;
  /** The tick at which something last came from there; where nothing has, since when it is known. */
  readonly heardAt: number;
  /** Nothing has come from there, and only another process has told of it. */
  readonly isHearsay: boolean;
}

/** The addresses of all processes that are known, and those that hints name, each once and by its text. */
export function lastHeard(peers: Peers, hints: HintSource): Map<string, Place> {
  const all = new Map<string, Place>();
  const note = (where: Address, heardAt: number, isHearsay: boolean): void => {
    const key = shownAddress(where);
    const known = all.get(key);
    const isBetter = known === undefined || (known.isHearsay === isHearsay ? known.heardAt < heardAt : known.isHearsay);
    if (isBetter) all.set(key, { where, heardAt, isHearsay });
  };
  for (const hint of hints.addresses()) note(hint, hint.since, hint.isHearsay);
  for (const [, peer] of peers.all()) note(peer.where, Math.max(peer.heardAt, peer.bulkHeardAt), false);
  return all;
}
