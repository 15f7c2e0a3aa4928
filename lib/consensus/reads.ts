import { after, earlierOf, type Instance, laterOf, type ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import { EVERYONE, type MessageOf } from './messages.js';
import type { Shared } from './shared.js';

interface Round {
  readonly round: number;
  readonly tickets: readonly number[];
  /** The answers of its members count. */
  view: View;
  readonly answered: Set<ProcessId>;
  until: Instance;
  ticks: number;
  wait: number;
}

/** Reads that wait until everything below one instance is decided here, as a majority of a view has answered. */
interface Settled {
  readonly until: Instance;
  readonly view: View;
  readonly tickets: number[];
}

/**
 * Linearizable reads without disk and without coordinator: a majority is asked for the highest instance at which each has voted
 * or knows a decision. In every majority a member has voted for each operation that was acknowledged before the question, so
 * that a state that has executed everything up to the highest answer includes it. That holds for the members of the view that
 * governs the first instance that was not waited for; members of an earlier view may not know the operations that the next one
 * acknowledges. All waiting reads share one round.
 */
export class Reads {
  readonly #shared: Shared;
  readonly #incarnation: number;
  #waiting: number[] = [];
  #round: Round | null = null;
  /** Rounds begun by this incarnation. */
  #rounds = 0;
  /** From `#nextSettled` on ascending, each instance once; earlier ones have been served. */
  #settled: Settled[] = [];
  #nextSettled = 0;
  /**
   * For how long no instance has been decided here that reads wait for, and how long that may last before the process asks for
   * it.
   */
  #idleTicks = 0;
  #idleWait: number;
  #lastFirst: Instance;

  /** Rounds of different incarnations differ, so that no answer to a former one is taken for an answer to this one. */
  constructor(shared: Shared, incarnation: number) {
    this.#shared = shared;
    this.#idleWait = shared.settings.retryTicks;
    this.#incarnation = incarnation;
    this.#lastFirst = shared.log.first;
  }

  read(ticket: number): void {
    this.#waiting.push(ticket);
    if (this.#round === null) this.#begin();
  }

  onAsk(from: ProcessId, { incarnation, round }: MessageOf<'ask'>): void {
    const { log, outbox, right, self, views } = this.#shared;
    // A member of an earlier view answers too: the process that asks knows whose answers it needs.
    if (!right.isAdmitted || !views.wasMemberSince(0, self)) return;
    let until = log.first;
    for (const slot of log.slotsFrom(log.first)) {
      if (slot.vote !== null) until = after(slot.instance);
    }
    outbox.send(from, { kind: 'answer', incarnation, round, until });
  }

  onAnswer(from: ProcessId, { incarnation, round, until }: MessageOf<'answer'>): void {
    const current = this.#round;
    if (current?.round !== round || incarnation !== this.#incarnation) return;
    if (!current.view.has(from)) return;
    current.answered.add(from);
    current.until = laterOf(current.until, until);
    if (current.answered.size < current.view.classicQuorum) return;
    this.#settle(current);
    this.#round = null;
    this.onAdvance();
  }

  /**
   * More is decided: serves the reads that have waited for it, or asks again in the view that now governs the next instance.
   */
  onAdvance(): void {
    const { log, outbox, views } = this.#shared;
    for (; this.#nextSettled < this.#settled.length; this.#nextSettled += 1) {
      const settled = this.#settled[this.#nextSettled];
      if (settled === undefined || settled.until > log.first) break;
      if (views.governing(settled.until) === settled.view)
        for (const ticket of settled.tickets) outbox.readable(ticket);
      else this.#waiting.push(...settled.tickets);
    }
    this.#forgetServed();
    if (this.#round === null && this.#waiting.length > 0) this.#begin();
  }

  #forgetServed(): void {
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
    const { current } = this.#shared.views;
    if (round.view !== current) {
      round.view = current;
      round.answered.clear();
    }
    round.ticks += 1;
    if (round.ticks < round.wait + this.#shared.roundTrips.toQuorum) return;
    round.ticks = 0;
    round.wait = Math.min(2 * round.wait, this.#shared.settings.retryTicksMax);
    this.#ask(round.round);
  }

  /**
   * The awaited instances come by themselves if they are decided. If nothing comes, perhaps no batch uses an instance: one
   * message asks for all waiting reads, and again at growing intervals until something is decided here.
   */
  #askForFilling(): void {
    const { outbox, log, roundTrips } = this.#shared;
    const furthest = this.#settled.at(-1)?.until;
    if (furthest === undefined || log.first !== this.#lastFirst) {
      this.#lastFirst = log.first;
      this.#idleTicks = 0;
      this.#idleWait = this.#shared.settings.retryTicks;
      return;
    }
    this.#idleTicks += 1;
    if (this.#idleTicks < this.#idleWait + roundTrips.toDecision) return;
    this.#idleTicks = 0;
    this.#idleWait = Math.min(2 * this.#idleWait, this.#shared.settings.retryTicksMax);
    outbox.send(EVERYONE, { kind: 'fill', until: earlierOf(furthest, log.limit) });
  }

  /** A later round usually waits for the same instances as those before it, or for more. */
  #settle({ until, view, tickets }: Round): void {
    let at = this.#settled.length;
    while (at > this.#nextSettled && (this.#settled[at - 1]?.until ?? until) > until) at -= 1;
    const before = at > this.#nextSettled ? this.#settled[at - 1] : undefined;
    if (before?.until === until && before.view === view) for (const ticket of tickets) before.tickets.push(ticket);
    else this.#settled.splice(at, 0, { until, view, tickets: [...tickets] });
  }

  #begin(): void {
    this.#rounds += 1;
    this.#round = {
      round: this.#rounds,
      tickets: this.#waiting,
      view: this.#shared.views.current,
      answered: new Set(),
      until: this.#shared.log.first,
      ticks: 0,
      wait: this.#shared.settings.retryTicks,
    };
    this.#waiting = [];
    this.#ask(this.#rounds);
  }

  #ask(round: number): void {
    this.#shared.outbox.send(EVERYONE, { kind: 'ask', incarnation: this.#incarnation, round });
  }
}
