import type { Address, Peers } from '../frame/peers.js';
import { shownAddress } from './rendezvous.js';

/** An address at which a process of the queue may be. */
export interface HintedAddress extends Address {
  /** The tick since which it is known. */
  readonly since: number;
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
}

/** The addresses of all processes that are known, and those that hints name, each once and by its text. */
export function lastHeard(peers: Peers, hints: HintSource): Map<string, Place> {
  const all = new Map<string, Place>();
  const note = (where: Address, heardAt: number): void => {
    const key = shownAddress(where);
    const known = all.get(key);
    if (known === undefined || known.heardAt < heardAt) all.set(key, { where, heardAt });
  };
  for (const hint of hints.addresses()) note(hint, hint.since);
  for (const [, peer] of peers.all()) note(peer.where, Math.max(peer.heardAt, peer.bulkHeardAt));
  return all;
}
