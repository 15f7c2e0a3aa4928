import { after, earlierOf, laterOf, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { EVERYONE, type MessageOf } from './messages.js';
import { amMember, type Shared } from './shared.js';

interface Round {
  readonly round: number;
  readonly tickets: readonly number[];
  readonly answered: Set<ProcessId>;
  until: Instance;
  ticks: number;
  wait: number;
}

/** Reads that wait until everything below one instance is decided here. */
interface Settled {
  readonly until: Instance;
  readonly tickets: number[];
}

/**
 * Linearizable reads without disk and without coordinator: a majority is asked up to where each has voted or knows
 * decisions. Whatever was acknowledged before the question is voted for by somebody in every majority, so that a state
 * that has executed everything up to the highest answer has seen it. All reads that wait share one round.
 */
export class Reads {
  readonly #shared: Shared;
  readonly #incarnation: number;
  #waiting: number[] = [];
  #round: Round | null = null;
  /** Rounds begun by this incarnation. */
  #rounds = 0;
  /** From `#nextSettled` on ascending, each instance once; what is before has been served. */
  #settled: Settled[] = [];
  #nextSettled = 0;
  /** For how long nothing has been decided here that reads wait for, and how long that may last before it is asked for. */
  #idleTicks = 0;
  #idleWait: number = limits.retryTicks;
  #lastFirst: Instance;

  /** Rounds of different incarnations differ, so that no answer to a former one is taken for an answer to this one. */
  constructor(shared: Shared, incarnation: number) {
    this.#shared = shared;
    this.#incarnation = incarnation;
    this.#lastFirst = shared.log.first;
  }

  read(ticket: number): void {
    this.#waiting.push(ticket);
    if (this.#round === null) this.#begin();
  }

  onAsk(from: ProcessId, { incarnation, round }: MessageOf<'ask'>): void {
    if (!amMember(this.#shared)) return;
    const { log, outbox } = this.#shared;
    let until = log.first;
    for (const slot of log.slotsFrom(log.first)) {
      if (slot.vote !== null) until = after(slot.instance);
    }
    outbox.send(from, { kind: 'answer', incarnation, round, until });
  }

  onAnswer(from: ProcessId, { incarnation, round, until }: MessageOf<'answer'>): void {
    const current = this.#round;
    const { views, log } = this.#shared;
    if (current?.round !== round || incarnation !== this.#incarnation) return;
    const view = views.at(log.first);
    if (!view.has(from)) return;
    current.answered.add(from);
    current.until = laterOf(current.until, until);
    if (current.answered.size < view.classicQuorum) return;
    this.#settle(current);
    this.#round = null;
    this.onAdvance();
    if (this.#waiting.length > 0) this.#begin();
  }

  /** More is decided: reads that have waited for it are served. */
  onAdvance(): void {
    const { log, outbox } = this.#shared;
    for (; this.#nextSettled < this.#settled.length; this.#nextSettled += 1) {
      const { tickets = [], until = log.first } = this.#settled[this.#nextSettled] ?? {};
      if (until > log.first) break;
      for (const ticket of tickets) outbox.readable(ticket);
    }
    if (this.#nextSettled === 0 || this.#nextSettled * 2 < this.#settled.length) return;
    this.#settled = this.#settled.slice(this.#nextSettled);
    this.#nextSettled = 0;
  }

  tick(): void {
    this.#repeatQuestion();
    this.#askForFilling();
  }

  #repeatQuestion(): void {
    const round = this.#round;
    if (round === null) return;
    round.ticks += 1;
    if (round.ticks < round.wait) return;
    round.ticks = 0;
    round.wait = Math.min(2 * round.wait, limits.retryTicksMax);
    this.#ask(round.round);
  }

  /**
   * What is waited for comes by itself where it is decided. Where nothing comes, perhaps nobody uses an instance: one
   * message asks for all that wait, and again at growing intervals until something is decided here.
   */
  #askForFilling(): void {
    const { outbox, log } = this.#shared;
    const furthest = this.#settled.at(-1)?.until;
    if (furthest === undefined || log.first !== this.#lastFirst) {
      this.#lastFirst = log.first;
      this.#idleTicks = 0;
      this.#idleWait = limits.retryTicks;
      return;
    }
    this.#idleTicks += 1;
    if (this.#idleTicks < this.#idleWait) return;
    this.#idleTicks = 0;
    this.#idleWait = Math.min(2 * this.#idleWait, limits.retryTicksMax);
    outbox.send(EVERYONE, { kind: 'fill', until: earlierOf(furthest, log.limit) });
  }

  /** A later round mostly waits for as much as those before it, or for more. */
  #settle({ until, tickets }: Round): void {
    let at = this.#settled.length;
    while (at > this.#nextSettled && (this.#settled[at - 1]?.until ?? until) > until) at -= 1;
    const before = at > this.#nextSettled ? this.#settled[at - 1] : undefined;
    if (before?.until === until) for (const ticket of tickets) before.tickets.push(ticket);
    else this.#settled.splice(at, 0, { until, tickets: [...tickets] });
  }

  #begin(): void {
    this.#rounds += 1;
    this.#round = {
      round: this.#rounds,
      tickets: this.#waiting,
      answered: new Set(),
      until: 0 as Instance,
      ticks: 0,
      wait: limits.retryTicks,
    };
    this.#waiting = [];
    this.#ask(this.#rounds);
  }

  #ask(round: number): void {
    this.#shared.outbox.send(EVERYONE, { kind: 'ask', incarnation: this.#incarnation, round });
  }
}
