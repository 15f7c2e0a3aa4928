import { laterOf, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { EVERYONE, type MessageOf } from './messages.js';
import { amMember, type Shared } from './shared.js';

/** Far more than a process can ask, and few enough for two million incarnations below 2^53. */
const ROUNDS_AN_INCARNATION = 2 ** 32;

interface Round {
  readonly round: number;
  readonly tickets: readonly number[];
  readonly answered: Set<ProcessId>;
  until: Instance;
  ticks: number;
}

interface Settled {
  readonly tickets: readonly number[];
  readonly until: Instance;
  ticks: number;
}

/**
 * Linearizable reads without disk and without coordinator: a majority is asked up to where each has voted or knows
 * decisions. Whatever was acknowledged before the question is voted for by somebody in every majority, so that a state
 * that has executed everything up to the highest answer has seen it. All reads that wait share one round.
 */
export class Reads {
  readonly #shared: Shared;
  #waiting: number[] = [];
  #round: Round | null = null;
  #rounds: number;
  #settled: Settled[] = [];

  /** Rounds of different incarnations differ, so that no answer to a former one is taken for an answer to this one. */
  constructor(shared: Shared, incarnation: number) {
    this.#shared = shared;
    this.#rounds = incarnation * ROUNDS_AN_INCARNATION;
  }

  read(ticket: number): void {
    this.#waiting.push(ticket);
    if (this.#round === null) this.#begin();
  }

  onAsk(from: ProcessId, round: number): void {
    if (!amMember(this.#shared)) return;
    const { log, outbox } = this.#shared;
    let until = log.first;
    for (const slot of log.slotsFrom(log.first)) {
      if (slot.vote !== null) until = (slot.instance + 1) as Instance;
    }
    outbox.send(from, { kind: 'answer', round, until });
  }

  onAnswer(from: ProcessId, { round, until }: MessageOf<'answer'>): void {
    const current = this.#round;
    const { views, log } = this.#shared;
    if (current?.round !== round) return;
    const view = views.at(log.first);
    if (!view.has(from)) return;
    current.answered.add(from);
    current.until = laterOf(current.until, until);
    if (current.answered.size < view.classicQuorum) return;
    this.#settled.push({ tickets: current.tickets, until: current.until, ticks: 0 });
    this.#round = null;
    this.onAdvance();
    if (this.#waiting.length > 0) this.#begin();
  }

  /** More is decided: reads that have waited for it are served. */
  onAdvance(): void {
    if (this.#settled.length === 0) return;
    const { log, outbox } = this.#shared;
    this.#settled = this.#settled.filter(({ tickets, until }) => {
      if (until > log.first) return true;
      for (const ticket of tickets) outbox.readable(ticket);
      return false;
    });
  }

  tick(): void {
    const { outbox } = this.#shared;
    if (this.#round !== null && (this.#round.ticks += 1) % limits.retryTicks === 0) {
      outbox.send(EVERYONE, { kind: 'ask', round: this.#round.round });
    }
    for (const settled of this.#settled) {
      settled.ticks += 1;
      if (settled.ticks % limits.retryTicks === 0) outbox.send(EVERYONE, { kind: 'fill', until: settled.until });
    }
  }

  #begin(): void {
    this.#rounds += 1;
    this.#round = { round: this.#rounds, tickets: this.#waiting, answered: new Set(), until: 0 as Instance, ticks: 0 };
    this.#waiting = [];
    this.#shared.outbox.send(EVERYONE, { kind: 'ask', round: this.#rounds });
  }
}
