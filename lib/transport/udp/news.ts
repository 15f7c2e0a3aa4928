import type { Address, Peers } from '../frame/peers.js';
import { plainForm, shownAddress } from './rendezvous.js';

/** Whom this process hears is told in so many rounds when that has changed, in case a datagram is lost. */
const ROUNDS = 3;
/** After a round, and between its parts. */
const PAUSE_TICKS = 50;
/** A round begins so long after the last one if nothing has changed. */
const ROUND_TICKS = 3_000;
/** One part of a round. */
const ADDRESSES_MAX = 32;
/** A process counts as heard for so long. */
const HEARD_TICKS = 300;

/** What this process tells others of those that it hears: in rounds, each of all of them, in parts that leave one after the other. */
export class News {
  readonly #peers: Peers;
  /** What is still to be told in this round. */
  #left: Address[] = [];
  #version = 0;
  #roundsLeft = 0;
  #begunAt = 0;
  #toldAt = 0;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** The addresses to be told at this tick. */
  next(): readonly Address[] {
    const { nowTick, version } = this.#peers;
    if (version !== this.#version) {
      this.#version = version;
      this.#roundsLeft = ROUNDS;
    }
    if (nowTick - this.#toldAt < PAUSE_TICKS) return [];
    if (this.#left.length === 0) {
      if (this.#roundsLeft === 0 && nowTick - this.#begunAt < ROUND_TICKS) return [];
      this.#left = this.#heard();
      this.#begunAt = nowTick;
      this.#roundsLeft = Math.max(0, this.#roundsLeft - 1);
    }
    this.#toldAt = nowTick;
    return this.#left.splice(0, ADDRESSES_MAX);
  }

  /** Nobody needs to be told of itself alone. */
  #heard(): Address[] {
    const { nowTick } = this.#peers;
    const heard = new Map<string, Address>();
    for (const [, { where, heardAt, bulkHeardAt }] of this.#peers.all()) {
      if (nowTick - Math.max(heardAt, bulkHeardAt) >= HEARD_TICKS) continue;
      const address = plainForm(where.address);
      // A zone names an interface of this machine.
      if (!address.includes('%')) heard.set(shownAddress(where), { address, port: where.port });
    }
    return heard.size > 1 ? [...heard.values()] : [];
  }
}
