import { assert, unreachable } from '../../model/assert.js';
import { type GroupBase, isSameBase } from '../../model/base.js';
import { constants } from '../../model/constants.js';
import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Part } from '../../model/part.js';
import type { Founding, FoundingRecord, LedgerSnapshot, Withdrawal } from '../../model/records.js';
import { groupIdOf, View } from '../../model/view.js';
import { EVERYONE, type FoundingMessage, type Intent, type MessageOf } from '../messages.js';
import type { Shared } from '../shared.js';
import { isDead, mayWithdraw, withdrawalOf, withWithdrawal } from './withdrawal.js';

export interface FoundingOptions {
  /** Members of the first view. */
  readonly replicas: number;
  /** α of the groups that it founds. Default: `constants.borderInstances`. */
  readonly borderInstances?: number;
  /** Whether this process may found a group: not if it may have belonged to one and has lost its ledger. */
  readonly founds: boolean;
  /** Whether it takes part, without a vote, in an existing group of which it is no founder. */
  readonly observes: boolean;
}

/** Foundings whose withdrawals are kept: nearly all that a process can have signed, and a bound for invented ones. */
const WITHDRAWALS_MAX = 64;

/** How often the log says which signatures are missing. */
const PATIENCE_TICKS = 500;

/**
 * The first view. Processes that belong to no group announce themselves; the lowest of n proposes exactly those n, and the view
 * holds once all n have signed. A process holds at most one signature at a time. A founding that a member has refused can never
 * hold, because the refusal is durable and final; one that too many signers have withdrawn from can never decide anything. Only
 * such a proof releases a signature.
 */
export class FoundingRole {
  readonly #shared: Shared;
  readonly #options: FoundingOptions;
  readonly #base: GroupBase;
  #record: FoundingRecord;
  /** Processes heard of that belong to no group and have not come to join one, and when. */
  readonly #candidates = new Map<ProcessId, { readonly heard: number; readonly isWilling: boolean }>();
  /** Processes heard of that were started for another number of replicas, from another backup or with another α. */
  readonly #differing = new Set<ProcessId>();
  readonly #signers = new Set<ProcessId>();
  /** Signers of the same founding that call themselves stuck, and when they last did. */
  readonly #stuck = new Map<ProcessId, number>();
  /** Since when this start waits for the others to sign. */
  #waitsSince = 0;
  /** Since when a founding that this process has withdrawn from is known to hold for others. */
  #alive: { readonly group: GroupId; readonly since: number } | null = null;
  #now = 0;
  #stableSince = 0;
  #lastSet = '';
  #isOutsider = false;
  #isOver = false;

  constructor(shared: Shared, options: FoundingOptions, past: Pick<LedgerSnapshot, 'founding' | 'base'>) {
    this.#shared = shared;
    this.#options = options;
    this.#base = past.base;
    this.#record = past.founding;
  }

  /** Whether this process gives up its id: it does nothing more under it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  tick(): void {
    this.#now += 1;
    if (this.#shared.views.isFounded) {
      this.#askWhetherItHolds();
      return;
    }
    const { outbox, self } = this.#shared;
    if (this.#record.signed === null) this.#tryToPropose();
    if (this.#now % PATIENCE_TICKS === 0) this.#tellWhatIsAwaited();
    if (this.#now % this.#shared.settings.helloTicks !== 1) return;
    outbox.send(EVERYONE, this.#hello(this.#intent));
    this.#tellOfStuckness();
    const { signed } = this.#record;
    if (signed === null || this.#tellsOfWithdrawal(EVERYONE, signed.group)) return;
    outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding: signed });
    if (signed.members[0] === self) outbox.sendOnceDurable(EVERYONE, { kind: 'found', founding: signed });
  }

  /**
   * As long as nothing is known to be decided in the group, it may be dead without this process knowing it: processes that know
   * answer. An observer has not signed, and only asks.
   */
  #askWhetherItHolds(): void {
    const { outbox, log, views } = this.#shared;
    const { signed } = this.#record;
    if (log.first > this.#base.from || this.#now % PATIENCE_TICKS !== 0) return;
    if (signed !== null) outbox.sendOnceDurable(EVERYONE, { kind: 'founded', founding: signed });
    else if (views.group !== null) outbox.send(EVERYONE, { kind: 'stuck', founding: views.group });
  }

  #tellOfStuckness(): void {
    const { outbox } = this.#shared;
    const { signed } = this.#record;
    if (signed === null || this.#now - this.#waitsSince < this.#shared.settings.foundingTicks) return;
    outbox.send(EVERYONE, { kind: 'stuck', founding: signed.group });
    this.#tryToWithdraw(signed);
  }

  /**
   * The others may have all signatures and hold the founding without this process knowing it: a signer gives the founding up
   * only if so many give it up together that the others cannot decide anything.
   */
  #tryToWithdraw(signed: Founding): void {
    const { self, outbox } = this.#shared;
    const withdrawn = withdrawalOf(this.#record.withdrawals, signed.group)?.by ?? [];
    if (withdrawn.includes(self)) return;
    const stuck = new Set([self, ...withdrawn]);
    for (const [process, heard] of this.#stuck)
      if (this.#now - heard <= this.#shared.settings.helloExpiryTicks) stuck.add(process);
    if (!mayWithdraw(stuck, signed.members.length)) return;
    this.#take({ founding: signed, by: [self] });
    outbox.sendOnceDurable(EVERYONE, { kind: 'withdrawn', withdrawal: this.#withdrawalIn(this.#record, signed) });
  }

  #tellWhatIsAwaited(): void {
    const { outbox } = this.#shared;
    const { signed } = this.#record;
    if (!this.#options.founds) outbox.notice({ kind: 'awaiting-group' });
    if (signed === null) return;
    const missing = signed.members.filter((member) => !this.#signers.has(member));
    outbox.notice({ kind: 'awaiting-signatures', missing });
  }

  receive(from: ProcessId, message: FoundingMessage): void {
    switch (message.kind) {
      case 'hello':
        return this.#onHello(from, message);
      case 'found':
        return this.#onFound(from, message);
      case 'signed':
        return this.#onSigned(from, message);
      case 'unwilling':
        return this.#onUnwilling(from, message);
      case 'founded':
        return this.#onFounded(from, message);
      case 'stuck':
        return this.#onStuck(from, message);
      case 'withdrawn':
        return this.#onWithdrawn(from, message);
      default:
        unreachable(message);
    }
  }

  #onHello(from: ProcessId, hello: MessageOf<'hello'>): void {
    if (from === this.#shared.self) return;
    if (this.#shared.views.isFounded) {
      if (this.#record.signed !== null)
        this.#shared.outbox.send(from, { kind: 'founded', founding: this.#record.signed });
      return;
    }
    const { replicas, intent, base, borderInstances } = hello;
    const areFounders = intent !== 'join' && this.#options.founds;
    const foundsAlike = base === this.#base.digest && borderInstances === this.#borderInstances;
    const differs = replicas !== this.#options.replicas || (areFounders && !foundsAlike);
    if (differs) this.#onDifference(from, hello);
    else if (intent !== 'join') this.#candidates.set(from, { heard: this.#now, isWilling: intent === 'found' });
  }

  /** This process gives up now. The other one may have come after its last hello, and must know as well. */
  #onDifference(from: ProcessId, { replicas, base, borderInstances }: MessageOf<'hello'>): void {
    const { outbox } = this.#shared;
    if (!this.#differing.has(from)) outbox.send(from, this.#hello('wait'));
    this.#differing.add(from);
    if (replicas !== this.#options.replicas) outbox.notice({ kind: 'replicas-differ', process: from, replicas });
    else if (base !== this.#base.digest)
      outbox.notice({ kind: 'bases-differ', process: from, base, own: this.#base.digest });
    else outbox.notice({ kind: 'borders-differ', process: from, borderInstances, own: this.#borderInstances });
  }

  /** Proposed by its lowest member, which has signed it. */
  #onFound(from: ProcessId, { founding }: MessageOf<'found'>): void {
    const { outbox, self, views } = this.#shared;
    if (from === self || from !== founding.members[0] || !founding.members.includes(self)) return;
    const { signed, refused } = this.#record;
    if (this.#tellsOfWithdrawal(from, founding.group)) return;
    if (signed?.group === founding.group) {
      outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });
    } else if (views.isFounded || refused.includes(founding.group)) {
      outbox.sendOnceDurable(EVERYONE, { kind: 'unwilling', refused: founding.group });
    } else if (signed !== null || this.#isGivenUp(founding.group)) {
      this.#write({ ...this.#record, refused: [...refused, founding.group] });
      outbox.sendOnceDurable(EVERYONE, { kind: 'unwilling', refused: founding.group });
    } else if (this.#mayFound(founding)) {
      this.#sign(founding, 'signed');
      this.#signers.add(from);
    }
  }

  #onSigned(from: ProcessId, { founding }: MessageOf<'signed'>): void {
    const { signed, refused } = this.#record;
    if (refused.includes(founding.group)) {
      this.#shared.outbox.sendOnceDurable(from, { kind: 'unwilling', refused: founding.group });
      return;
    }
    if (this.#tellsOfWithdrawal(from, founding.group)) return;
    if (signed?.group !== founding.group || !signed.members.includes(from)) return;
    this.#signers.add(from);
    if (this.#signers.size === signed.members.length) this.#hold(signed);
  }

  /**
   * A member has refused the founding that this process has signed: the founding is dead, and this process may sign another.
   */
  #onUnwilling(from: ProcessId, { refused }: MessageOf<'unwilling'>): void {
    const { signed } = this.#record;
    if (this.#shared.views.isFounded || signed?.group !== refused || !signed.members.includes(from)) return;
    this.#release({ ...this.#record, refused: [...this.#record.refused, refused] });
  }

  #onStuck(from: ProcessId, { founding: group }: MessageOf<'stuck'>): void {
    const { views, outbox } = this.#shared;
    const { signed, refused } = this.#record;
    if (from === this.#shared.self) return;
    if (refused.includes(group)) outbox.sendOnceDurable(from, { kind: 'unwilling', refused: group });
    else if (views.isFounded && signed?.group === group)
      outbox.sendOnceDurable(from, { kind: 'founded', founding: signed });
    else {
      this.#tellsOfWithdrawal(from, group);
      if (signed?.group === group && signed.members.includes(from)) this.#stuck.set(from, this.#now);
    }
  }

  /** Handled whether the founding holds for this process or not. */
  #onWithdrawn(from: ProcessId, { withdrawal }: MessageOf<'withdrawn'>): void {
    const { views, outbox, self, log, clock, refusals } = this.#shared;
    const { founding } = withdrawal;
    const isOurs = views.group === founding.group;
    if (from === self || !(founding.members.includes(self) || isOurs)) return;
    // So many members can never have withdrawn from a group that has decided something, or in which a majority has told its
    // clock.
    if (isOurs && (log.first > founding.base.from || clock.isKnown)) {
      if (isDead(withdrawal)) refusals.count(from, 'against the protocol');
      return;
    }
    // A withdrawer may have taken another id since. It is believed if the founding makes no progress otherwise.
    if (!founding.members.includes(from) && this.#now - this.#waitsSince < this.#shared.settings.foundingTicks) return;
    const { withdrawals: before, signed: own } = this.#record;
    const isKnown = isOurs || own?.group === founding.group || withdrawalOf(before, founding.group) !== undefined;
    if (!isKnown && before.length >= WITHDRAWALS_MAX) return;
    this.#take(withdrawal);
    const { signed, withdrawals } = this.#record;
    if (isOurs && signed?.group === founding.group && withdrawals !== before)
      outbox.sendOnceDurable(from, { kind: 'founded', founding: signed });
  }

  /** Only members send this: for them it holds. */
  #onFounded(from: ProcessId, { founding }: MessageOf<'founded'>): void {
    if (from === this.#shared.self) {
      this.#shared.clock.count(); // This process says so only once it is durable.
      return;
    }
    if (!founding.members.includes(from)) return;
    if (this.#tellsOfWithdrawal(from, founding.group)) this.#considerLeaving(founding);
    if (this.#shared.views.isFounded) return;
    if (this.#hasWithdrawnFrom(founding)) return;
    if (this.#record.signed?.group === founding.group) {
      this.#hold(this.#record.signed);
    } else if (!founding.members.includes(this.#shared.self)) this.#onGroupOfOthers(from, founding);
    else if (!this.#record.refused.includes(founding.group)) this.#onForgottenGroup(founding);
  }

  /**
   * All members have signed, this one among them, and its ledger does not know: the ledger was put back to an earlier state.
   */
  #onForgottenGroup({ group }: Founding): void {
    this.#isOver = true;
    this.#shared.outbox.notice({ kind: 'votes-lost', group });
  }

  /**
   * There is a group, and this process is no founder of it. If its options say so, it joins as an observer: without a vote this
   * is safe whatever it was before. But if it has begun from another backup than the group, their states do not belong to one
   * sequence.
   */
  #onGroupOfOthers(from: ProcessId, founding: Founding): void {
    const { outbox } = this.#shared;
    const { digest: own } = this.#base;
    if (own !== '' && !isSameBase(founding.base, this.#base)) {
      outbox.notice({ kind: 'bases-differ', process: from, base: founding.base.digest, own });
    } else if (this.#learnsFrom(founding) && founding.borderInstances < this.#shared.settings.windowInstances) {
      const { borderInstances } = founding;
      outbox.notice({
        kind: 'borders-differ',
        process: from,
        borderInstances,
        own: this.#shared.settings.windowInstances,
      });
    } else if (this.#learnsFrom(founding) && this.#record.signed === null) {
      this.#enter(founding, 'observer');
    } else if (!this.#isOutsider) {
      this.#isOutsider = true;
      outbox.notice({ kind: 'founded', group: founding.group, view: new View(0, founding.members), part: 'stranger' });
    }
  }

  /** A process that has given a group up under a former id rejoins it as an observer. */
  #learnsFrom({ group }: Founding): boolean {
    const withdrawal = withdrawalOf(this.#record.withdrawals, group);
    return this.#options.observes || (withdrawal !== undefined && !isDead(withdrawal));
  }

  #hasWithdrawnFrom({ group }: Founding): boolean {
    const withdrawal = withdrawalOf(this.#record.withdrawals, group);
    return withdrawal !== undefined && (isDead(withdrawal) || withdrawal.by.includes(this.#shared.self));
  }

  /**
   * Tells the known withdrawals from a founding. Returns whether the founding is dead or this process has withdrawn from it.
   */
  #tellsOfWithdrawal(to: ProcessId | typeof EVERYONE, group: GroupId): boolean {
    const withdrawal = withdrawalOf(this.#record.withdrawals, group);
    if (withdrawal === undefined) return false;
    this.#shared.outbox.sendOnceDurable(to, { kind: 'withdrawn', withdrawal });
    return this.#hasWithdrawnFrom(withdrawal.founding);
  }

  /** Records new withdrawals, and acts on them. */
  #take(news: Withdrawal): void {
    const { founding } = news;
    const withdrawals = withWithdrawal(this.#record.withdrawals, news);
    if (withdrawals === this.#record.withdrawals) return;
    const record = { ...this.#record, withdrawals };
    const { group, isFounded } = this.#shared.views;
    if (!isDead(this.#withdrawalIn(record, founding))) this.#write(record);
    else if (isFounded && group === founding.group) this.#dissolve(record, founding.group, true);
    else if (record.signed?.group === founding.group) this.#release(record);
    else this.#write(record);
  }

  #withdrawalIn({ withdrawals }: FoundingRecord, founding: Founding): Withdrawal {
    return withdrawalOf(withdrawals, founding.group) ?? { founding, by: [] };
  }

  /** The signed founding is dead: this process may sign another. */
  #release(record: FoundingRecord): void {
    const group = this.#record.signed?.group;
    // The signature may be of this very turn: then the ledger never gets it.
    this.#shared.outbox.unsay(
      (message) => (message.kind === 'signed' || message.kind === 'found') && message.founding.group === group,
    );
    this.#signers.clear();
    this.#stuck.clear();
    this.#stableSince = this.#now; // The others become willing again as they hear of it.
    this.#write({ ...record, signed: null });
  }

  /**
   * A founding that this process has withdrawn from holds for others, and continues to hold although they know of the
   * withdrawal.
   */
  #considerLeaving({ group }: Founding): void {
    const { views, self } = this.#shared;
    const withdrawal = withdrawalOf(this.#record.withdrawals, group);
    if (views.isFounded || withdrawal === undefined || isDead(withdrawal) || !withdrawal.by.includes(self)) return;
    if (this.#alive?.group !== group) this.#alive = { group, since: this.#now };
    else if (this.#now - this.#alive.since >= this.#shared.settings.helloExpiryTicks)
      this.#dissolve({ ...this.#record, signed: null }, group, false);
  }

  /** In one commit this process forgets the group and its own id; it keeps the known withdrawals. */
  #dissolve(record: FoundingRecord, group: GroupId, isGroupDead: boolean): void {
    const { outbox, right } = this.#shared;
    this.#isOver = true;
    right.isAdmitted = false;
    this.#write({ ...record, signed: null });
    outbox.persist({ kind: 'dissolution' });
    outbox.notice({ kind: 'dissolved', group, isDead: isGroupDead });
  }

  #mayFound({ members, base, borderInstances }: Founding): boolean {
    const { replicas, founds } = this.#options;
    const isAlike = isSameBase(base, this.#base) && borderInstances === this.#borderInstances;
    return founds && members.length === replicas && isAlike;
  }

  #hello(intent: Intent): MessageOf<'hello'> {
    const { replicas } = this.#options;
    return { kind: 'hello', replicas, intent, base: this.#base.digest, borderInstances: this.#borderInstances };
  }

  get #intent(): Intent {
    if (!this.#options.founds) return 'join';
    return this.#record.signed === null && !this.#isOutsider ? 'found' : 'wait';
  }

  /** Proposes the n lowest candidates, if this process is the lowest and the candidates have not changed for a while. */
  #tryToPropose(): void {
    const { self } = this.#shared;
    if (this.#isOutsider || !this.#options.founds) return;
    for (const [candidate, { heard, isWilling }] of this.#candidates) {
      if (this.#now - heard > this.#shared.settings.helloExpiryTicks) this.#candidates.delete(candidate);
      else if (!isWilling) return; // It has signed: a group is being founded, and a second one beside it would help nobody.
    }
    const lowest = [self, ...this.#candidates.keys()].sort().slice(0, this.#options.replicas);
    const set = lowest.join();
    if (set !== this.#lastSet) {
      this.#lastSet = set;
      this.#stableSince = this.#now;
    }
    if (lowest.length < this.#options.replicas || lowest[0] !== self) return;
    if (this.#options.replicas > 1 && this.#now - this.#stableSince < this.#shared.settings.helloTicks) return;
    let attempt = 0;
    const [base, borderInstances] = [this.#base, this.#borderInstances];
    while (this.#isGivenUp(groupIdOf(lowest, attempt, base, borderInstances))) attempt += 1;
    const group = groupIdOf(lowest, attempt, base, borderInstances);
    this.#sign({ group, attempt, members: lowest, base, borderInstances }, 'found');
  }

  get #borderInstances(): number {
    return this.#options.borderInstances ?? constants.borderInstances;
  }

  #isGivenUp(group: GroupId): boolean {
    const { refused, withdrawals } = this.#record;
    return refused.includes(group) || withdrawalOf(withdrawals, group) !== undefined;
  }

  #sign(founding: Founding, tell: 'found' | 'signed'): void {
    assert(this.#record.signed === null, 'one signature at a time', { signed: this.#record.signed, asked: founding });
    this.#signers.clear();
    this.#stuck.clear();
    this.#waitsSince = this.#now;
    this.#write({ ...this.#record, signed: founding });
    this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });
    if (tell === 'found') this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'found', founding });
  }

  #write(record: FoundingRecord): void {
    this.#record = record;
    this.#shared.outbox.persist({ kind: 'founding', founding: record });
  }

  #hold(founding: Founding): void {
    if (this.#shared.views.isFounded || this.#hasWithdrawnFrom(founding)) return;
    this.#enter(founding, 'member');
    this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'founded', founding });
  }

  #enter(founding: Founding, part: Part): void {
    const { outbox, views } = this.#shared;
    const record = { view: new View(0, founding.members), from: founding.base.from };
    const { group, borderInstances } = founding;
    views.begin(group, borderInstances, record);
    outbox.persist({ kind: 'view', group, borderInstances, record });
    outbox.notice({ kind: 'founded', group: founding.group, view: record.view, part });
  }
}
