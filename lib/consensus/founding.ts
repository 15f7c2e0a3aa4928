import { assert } from '../model/assert.js';
import { isSameBase, type GroupBase } from '../model/base.js';
import type { ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Founding, FoundingRecord, LedgerSnapshot } from '../model/records.js';
import { groupIdOf, View } from '../model/view.js';
import type { Part } from './effects.js';
import { EVERYONE, type Intent, type MessageOf } from './messages.js';
import type { Shared } from './shared.js';

export interface FoundingOptions {
  /** Members of the first view. */
  readonly replicas: number;
  /** Whether this process may found a group: not where it may have belonged to one and has lost what it knew. */
  readonly founds: boolean;
  /** Whether it takes part, without a vote, in a group that exists without it. */
  readonly learns: boolean;
}

/** How often the log says what is awaited. */
const PATIENCE_TICKS = 500;

/**
 * The first view. Processes that belong to no group make themselves heard; the lowest of n proposes exactly those n, and
 * the view holds once all n have signed. A process holds at most one signature at a time. A founding that a member
 * has refused can never hold, because the refusal is durable and final; only such a proof releases a signature.
 */
export class FoundingRole {
  readonly #shared: Shared;
  readonly #options: FoundingOptions;
  readonly #base: GroupBase;
  #record: FoundingRecord;
  /** Processes heard of that belong to no group and have not come to join one, and when. */
  readonly #candidates = new Map<ProcessId, { readonly heard: number; readonly willing: boolean }>();
  /** Processes heard of that were started for another number of replicas or from another backup. */
  readonly #differing = new Set<ProcessId>();
  readonly #signers = new Set<ProcessId>();
  #now = 0;
  #stableSince = 0;
  #lastSet = '';
  #outsider = false;

  constructor(shared: Shared, options: FoundingOptions, past: Pick<LedgerSnapshot, 'founding' | 'base'>) {
    this.#shared = shared;
    this.#options = options;
    this.#base = past.base;
    this.#record = past.founding;
  }

  tick(): void {
    this.#now += 1;
    if (this.#shared.views.founded) return;
    const { outbox, self } = this.#shared;
    const { signed } = this.#record;
    if (signed === null) this.#tryToPropose();
    if (this.#now % PATIENCE_TICKS === 0) this.#tellWhatIsAwaited();
    if (this.#now % limits.helloTicks !== 1) return;
    outbox.send(EVERYONE, this.#hello(this.#intent));
    if (signed === null) return;
    outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding: signed });
    if (signed.members[0] === self) outbox.sendOnceDurable(EVERYONE, { kind: 'found', founding: signed });
  }

  #tellWhatIsAwaited(): void {
    const { outbox } = this.#shared;
    const { signed } = this.#record;
    if (!this.#options.founds) outbox.notice({ kind: 'awaiting-group' });
    if (signed === null) return;
    const missing = signed.members.filter((member) => !this.#signers.has(member));
    outbox.notice({ kind: 'awaiting-signatures', missing });
  }

  onHello(from: ProcessId, hello: MessageOf<'hello'>): void {
    if (from === this.#shared.self) return;
    if (this.#shared.views.founded) {
      if (this.#record.signed !== null)
        this.#shared.outbox.send(from, { kind: 'founded', founding: this.#record.signed });
      return;
    }
    const { replicas, intent, base } = hello;
    const areFounders = intent !== 'join' && this.#options.founds;
    const differs = replicas !== this.#options.replicas || (areFounders && base !== this.#base.digest);
    if (differs) this.#onDifference(from, hello);
    else if (intent !== 'join') this.#candidates.set(from, { heard: this.#now, willing: intent === 'found' });
  }

  /** This process will give up now. The other one may have come after its last hello, and is to know as well. */
  #onDifference(from: ProcessId, { replicas, base }: MessageOf<'hello'>): void {
    const { outbox } = this.#shared;
    if (!this.#differing.has(from)) outbox.send(from, this.#hello('wait'));
    this.#differing.add(from);
    if (replicas !== this.#options.replicas) outbox.notice({ kind: 'replicas-differ', process: from, replicas });
    else outbox.notice({ kind: 'bases-differ', process: from, base, own: this.#base.digest });
  }

  onFound(from: ProcessId, { founding }: MessageOf<'found'>): void {
    const { outbox, self, views } = this.#shared;
    if (from === self || !founding.members.includes(self)) return;
    const { signed, refused } = this.#record;
    if (signed?.group === founding.group) {
      outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });
    } else if (views.founded || refused.includes(founding.group)) {
      outbox.sendOnceDurable(EVERYONE, { kind: 'unwilling', refused: founding.group });
    } else if (signed !== null) {
      this.#write({ signed, refused: [...refused, founding.group] });
      outbox.sendOnceDurable(EVERYONE, { kind: 'unwilling', refused: founding.group });
    } else if (this.#mayFound(founding)) {
      this.#sign(founding, 'signed');
      this.#signers.add(from);
    }
  }

  onSigned(from: ProcessId, { founding }: MessageOf<'signed'>): void {
    const { signed, refused } = this.#record;
    if (refused.includes(founding.group)) {
      this.#shared.outbox.sendOnceDurable(from, { kind: 'unwilling', refused: founding.group });
      return;
    }
    if (signed?.group !== founding.group || !signed.members.includes(from)) return;
    this.#signers.add(from);
    if (this.#signers.size === signed.members.length) this.#hold(signed);
  }

  /** A member has refused the founding that this process has signed: it is dead, and the signature free again. */
  onUnwilling(from: ProcessId, { refused }: MessageOf<'unwilling'>): void {
    const { signed } = this.#record;
    if (this.#shared.views.founded || signed?.group !== refused || !signed.members.includes(from)) return;
    this.#signers.clear();
    this.#stableSince = this.#now; // The others become willing again as they hear of it.
    this.#write({ signed: null, refused: [...this.#record.refused, refused] });
  }

  onFounded(from: ProcessId, { founding }: MessageOf<'founded'>): void {
    if (this.#shared.views.founded) return;
    if (this.#record.signed?.group === founding.group) {
      this.#hold(this.#record.signed);
    } else if (!founding.members.includes(this.#shared.self)) this.#onGroupOfOthers(from, founding);
  }

  /**
   * There is a group, and this process is no founder of it. Where it is meant to, it learns from it: as nobody's vote, it
   * may do so whatever it was before; but where it has begun from a backup that the group has not, their states are not
   * of one sequence.
   */
  #onGroupOfOthers(from: ProcessId, founding: Founding): void {
    const { outbox } = this.#shared;
    const { digest: own } = this.#base;
    if (own !== '' && !isSameBase(founding.base, this.#base)) {
      outbox.notice({ kind: 'bases-differ', process: from, base: founding.base.digest, own });
    } else if (this.#options.learns && this.#record.signed === null) {
      this.#enter(founding, 'learner');
    } else if (!this.#outsider) {
      this.#outsider = true;
      outbox.notice({ kind: 'founded', group: founding.group, view: new View(0, founding.members), part: 'stranger' });
    }
  }

  #mayFound({ members, base }: Founding): boolean {
    const { replicas, founds } = this.#options;
    return founds && members.length === replicas && isSameBase(base, this.#base);
  }

  #hello(intent: Intent): MessageOf<'hello'> {
    return { kind: 'hello', replicas: this.#options.replicas, intent, base: this.#base.digest };
  }

  get #intent(): Intent {
    if (!this.#options.founds) return 'join';
    return this.#record.signed === null && !this.#outsider ? 'found' : 'wait';
  }

  /** Proposes the n lowest candidates, if this process is the lowest and the candidates have not changed for a while. */
  #tryToPropose(): void {
    const { self } = this.#shared;
    if (this.#outsider || !this.#options.founds) return;
    for (const [candidate, { heard, willing }] of this.#candidates) {
      if (this.#now - heard > limits.helloExpiryTicks) this.#candidates.delete(candidate);
      else if (!willing) return; // It has signed: a group is being founded, and a second one beside it would help nobody.
    }
    const lowest = [self, ...this.#candidates.keys()].sort().slice(0, this.#options.replicas);
    const set = lowest.join();
    if (set !== this.#lastSet) {
      this.#lastSet = set;
      this.#stableSince = this.#now;
    }
    if (lowest.length < this.#options.replicas || lowest[0] !== self) return;
    if (this.#options.replicas > 1 && this.#now - this.#stableSince < limits.helloTicks) return;
    let attempt = 0;
    const base = this.#base;
    while (this.#record.refused.includes(groupIdOf(lowest, attempt, base))) attempt += 1;
    this.#sign({ group: groupIdOf(lowest, attempt, base), attempt, members: lowest, base }, 'found');
  }

  #sign(founding: Founding, tell: 'found' | 'signed'): void {
    assert(this.#record.signed === null, 'one signature at a time', { signed: this.#record.signed, asked: founding });
    this.#signers.clear();
    this.#write({ signed: founding, refused: this.#record.refused });
    this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });
    if (tell === 'found') this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'found', founding });
  }

  #write(record: FoundingRecord): void {
    this.#record = record;
    this.#shared.outbox.persist({ kind: 'founding', founding: record });
  }

  #hold(founding: Founding): void {
    if (this.#shared.views.founded) return;
    this.#enter(founding, 'member');
    this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'founded', founding });
  }

  #enter(founding: Founding, part: Part): void {
    const { outbox, views } = this.#shared;
    const record = { view: new View(0, founding.members), from: founding.base.from };
    views.add(record);
    outbox.persist({ kind: 'view', group: founding.group, record });
    outbox.notice({ kind: 'founded', group: founding.group, view: record.view, part });
  }
}
