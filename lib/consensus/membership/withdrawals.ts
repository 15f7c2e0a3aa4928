import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Founding, Withdrawal } from '../../model/records.js';
import { EVERYONE, type MessageOf } from '../messages.js';
import type { Shared } from '../shared.js';
import type { Signature } from './signature.js';
import { isDead, mayWithdraw, withdrawalOf, withWithdrawal } from './withdrawal.js';

/** Foundings whose withdrawals are kept: nearly all that a process can have signed, and a bound for invented ones. */
const WITHDRAWALS_MAX = 64;

/**
 * How a founding ends. One that a member has refused can never hold, because the refusal is durable and final; one that too
 * many signers have withdrawn from can never decide anything. Only such a proof releases a signature, and dissolves a group
 * for which the founding already holds.
 */
export class Withdrawals {
  readonly #shared: Shared;
  readonly #signature: Signature;
  readonly #answer: (to: ProcessId) => void;
  /** Signers of the same founding that call themselves stuck, and when they last did. */
  readonly #stuck = new Map<ProcessId, number>();
  /** Since when a founding that this process has withdrawn from is known to hold for others. */
  #alive: { readonly group: GroupId; readonly since: number } | null = null;

  /** `answer` tells a process of this one's group, where it has one. */
  constructor(shared: Shared, signature: Signature, answer: (to: ProcessId) => void) {
    this.#shared = shared;
    this.#signature = signature;
    this.#answer = answer;
  }

  /** A signer that has waited too long for the others calls itself stuck, and withdraws once it may. */
  tellOfStuckness(): void {
    const { outbox, settings } = this.#shared;
    const { signed, waitedTicks } = this.#signature;
    if (signed === null || waitedTicks < settings.foundingTicks) return;
    outbox.send(EVERYONE, { kind: 'stuck', founding: signed.group });
    this.#tryToWithdraw(signed);
  }

  /** A member has refused the founding that this process has signed. */
  onUnwilling(from: ProcessId, { refused }: MessageOf<'unwilling'>): void {
    const { signed } = this.#signature;
    if (this.#shared.views.isFounded || signed?.group !== refused || !signed.members.includes(from)) return;
    this.#stuck.clear();
    this.#signature.releaseRefused(refused);
  }

  onStuck(from: ProcessId, { founding: group }: MessageOf<'stuck'>): void {
    const { views, outbox, self } = this.#shared;
    const { signed, now } = this.#signature;
    if (from === self) return;
    if (this.#signature.hasRefused(group)) outbox.sendOnceDurable(from, { kind: 'unwilling', refused: group });
    else if (views.isFounded && signed?.group === group)
      outbox.sendOnceDurable(from, { kind: 'founded', founding: signed });
    else if (views.group === group) this.#answer(from);
    else {
      this.tell(from, group);
      if (signed?.group === group && signed.members.includes(from)) this.#stuck.set(from, now);
    }
  }

  /** Handled whether the founding holds for this process or not. */
  onWithdrawn(from: ProcessId, { withdrawal }: MessageOf<'withdrawn'>): void {
    const { views, outbox, self, settings, log, clock, refusals } = this.#shared;
    const { founding } = withdrawal;
    const isOurs = views.group === founding.group;
    if (from === self || !(founding.members.includes(self) || isOurs)) return;
    // So many members can never have withdrawn from a group that has decided something, or in which a majority has told its
    // clock.
    if (isOurs && (log.first > founding.base.from || clock.isKnown)) {
      if (isDead(withdrawal)) refusals.count(from, 'against the protocol');
      return;
    }
    const { withdrawals: before, signed: own, waitedTicks } = this.#signature;
    // A withdrawer may have taken another id since. It is believed if the founding makes no progress otherwise.
    if (!founding.members.includes(from) && waitedTicks < settings.foundingTicks) return;
    const isKnown = isOurs || own?.group === founding.group || withdrawalOf(before, founding.group) !== undefined;
    if (!isKnown && before.length >= WITHDRAWALS_MAX) return;
    this.#take(withdrawal);
    const { signed, withdrawals } = this.#signature;
    if (isOurs && signed?.group === founding.group && withdrawals !== before)
      outbox.sendOnceDurable(from, { kind: 'founded', founding: signed });
  }

  /**
   * Tells the known withdrawals from a founding. Returns whether the founding is dead or this process has withdrawn from it.
   */
  tell(to: ProcessId | typeof EVERYONE, group: GroupId): boolean {
    const withdrawal = this.#signature.withdrawalFrom(group);
    if (withdrawal === undefined) return false;
    this.#shared.outbox.sendOnceDurable(to, { kind: 'withdrawn', withdrawal });
    return this.#isLost(withdrawal);
  }

  /** Whether this process never holds the founding: it is dead, or this process has withdrawn from it. */
  hasWithdrawnFrom(group: GroupId): boolean {
    const withdrawal = this.#signature.withdrawalFrom(group);
    return withdrawal !== undefined && this.#isLost(withdrawal);
  }

  /** Whether the group lives although signers have withdrawn, perhaps this process under a former id. */
  hasSurvived(group: GroupId): boolean {
    const withdrawal = this.#signature.withdrawalFrom(group);
    return withdrawal !== undefined && !isDead(withdrawal);
  }

  /**
   * A founding that this process has withdrawn from holds for others, and continues to hold although they know of the
   * withdrawal.
   */
  considerLeaving(group: GroupId): void {
    const { views, self, settings } = this.#shared;
    const { now, withdrawals } = this.#signature;
    const withdrawal = this.#signature.withdrawalFrom(group);
    if (views.isFounded || withdrawal === undefined || isDead(withdrawal) || !withdrawal.by.includes(self)) return;
    if (this.#alive?.group !== group) this.#alive = { group, since: now };
    else if (now - this.#alive.since >= settings.helloExpiryTicks) this.#dissolve(withdrawals, group, false);
  }

  #isLost(withdrawal: Withdrawal): boolean {
    return isDead(withdrawal) || withdrawal.by.includes(this.#shared.self);
  }

  /**
   * The others may have all signatures and hold the founding without this process knowing it: a signer gives the founding up
   * only if so many give it up together that the others cannot decide anything.
   */
  #tryToWithdraw(signed: Founding): void {
    const { self, outbox, settings } = this.#shared;
    const withdrawn = this.#signature.withdrawalFrom(signed.group)?.by ?? [];
    if (withdrawn.includes(self)) return;
    const stuck = new Set([self, ...withdrawn]);
    for (const [process, heard] of this.#stuck)
      if (this.#signature.now - heard <= settings.helloExpiryTicks) stuck.add(process);
    if (!mayWithdraw(stuck, signed.members.length)) return;
    const withdrawal = this.#take({ founding: signed, by: [self] });
    outbox.sendOnceDurable(EVERYONE, { kind: 'withdrawn', withdrawal });
  }

  /** Records new withdrawals, and acts on them. Returns all that are known from the founding. */
  #take(news: Withdrawal): Withdrawal {
    const { founding } = news;
    const { group } = founding;
    const { signed, withdrawals: before } = this.#signature;
    const withdrawals = withWithdrawal(before, news);
    const known = withdrawalOf(withdrawals, group) ?? { founding, by: [] };
    if (withdrawals === before) return known;
    const { views } = this.#shared;
    if (isDead(known) && views.isFounded && views.group === group) this.#dissolve(withdrawals, group, true);
    else if (isDead(known) && signed?.group === group) {
      this.#stuck.clear();
      this.#signature.releaseWithdrawn(withdrawals);
    } else this.#signature.note(withdrawals);
    return known;
  }

  /** In one commit this process forgets the group and its own id; it keeps the known withdrawals. */
  #dissolve(withdrawals: readonly Withdrawal[], group: GroupId, isGroupDead: boolean): void {
    const { outbox, right } = this.#shared;
    right.isAdmitted = false;
    this.#signature.endWith(withdrawals);
    outbox.persist({ kind: 'dissolution' });
    outbox.notice({ kind: 'dissolved', group, isDead: isGroupDead });
  }
}
