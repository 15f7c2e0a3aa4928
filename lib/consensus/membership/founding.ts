import { unreachable } from '../../model/assert.js';
import { type GroupBase, isSameBase } from '../../model/base.js';
import type { ProcessId } from '../../model/ids.js';
import type { Part } from '../../model/part.js';
import type { Founding, LedgerSnapshot } from '../../model/records.js';
import { View } from '../../model/view.js';
import { EVERYONE, type FoundingMessage, type Intent, type MessageOf } from '../messages.js';
import type { Shared } from '../shared.js';
import { Candidates } from './candidates.js';
import type { FoundingOptions } from './founding-options.js';
import { Joining } from './joining.js';
import { Signature } from './signature.js';
import { Withdrawals } from './withdrawals.js';

/** How often the log says which signatures are missing. */
const PATIENCE_TICKS = 500;

/**
 * The first view. Processes that belong to no group announce themselves; the lowest of n proposes exactly those n, and the view
 * holds once all n have signed. candidates.ts says which n these are, signature.ts what a process signs and refuses, and
 * withdrawals.ts how a founding ends.
 */
export class FoundingRole {
  readonly #shared: Shared;
  readonly #options: FoundingOptions;
  readonly #base: GroupBase;
  readonly #signature: Signature;
  readonly #candidates: Candidates;
  readonly #withdrawals: Withdrawals;
  readonly #joining: Joining;
  #isOutsider = false;
  /** As the signature says: a field of its own, because it is asked with every message. */
  #isOver = false;

  constructor(shared: Shared, options: FoundingOptions, past: Pick<LedgerSnapshot, 'founding' | 'base'>) {
    this.#shared = shared;
    this.#options = options;
    this.#base = past.base;
    this.#signature = new Signature(shared.outbox, past.founding);
    this.#candidates = new Candidates(shared, options, past.base, this.#signature);
    this.#joining = new Joining(shared, this.#signature);
    this.#withdrawals = new Withdrawals(shared, this.#signature, (process) => {
      this.#joining.answer(process);
    });
  }

  /** Whether this process gives up its id: it does nothing more under it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A coordinator of this process's group is heard, which may be this process. */
  heardCoordinator(): void {
    this.#joining.heardCoordinator();
  }

  tick(): void {
    this.#pass();
    this.#isOver = this.#signature.isOver;
  }

  receive(from: ProcessId, message: FoundingMessage): void {
    this.#handle(from, message);
    this.#isOver = this.#signature.isOver;
  }

  /** One tick. */
  #pass(): void {
    this.#signature.tick();
    if (this.#shared.views.isFounded) {
      this.#askWhetherItHolds();
      this.#joining.tick(this.#candidates.hello('join'));
      return;
    }
    const { outbox, self, settings } = this.#shared;
    const { now } = this.#signature;
    if (this.#signature.signed === null) this.#tryToPropose();
    if (now % PATIENCE_TICKS === 0) this.#tellWhatIsAwaited();
    if (now % settings.helloTicks !== 1) return;
    outbox.send(EVERYONE, this.#candidates.hello(this.#intent));
    this.#withdrawals.tellOfStuckness();
    const { signed } = this.#signature;
    if (signed === null || this.#withdrawals.tell(EVERYONE, signed.group)) return;
    outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding: signed });
    if (signed.members[0] === self) outbox.sendOnceDurable(EVERYONE, { kind: 'found', founding: signed });
  }

  /**
   * As long as nothing is known to be decided in the group, it may be dead without this process knowing it: processes that know
   * answer. An observer has not signed, and only asks.
   */
  #askWhetherItHolds(): void {
    const { outbox, log, views } = this.#shared;
    const { signed, now } = this.#signature;
    if (log.first > this.#base.from || now % PATIENCE_TICKS !== 0) return;
    if (signed !== null) outbox.sendOnceDurable(EVERYONE, { kind: 'founded', founding: signed });
    else if (views.group !== null) outbox.send(EVERYONE, { kind: 'stuck', founding: views.group });
  }

  #tellWhatIsAwaited(): void {
    const { outbox } = this.#shared;
    const { signed, missing } = this.#signature;
    if (!this.#options.founds) outbox.notice({ kind: 'awaiting-group' });
    if (signed !== null) outbox.notice({ kind: 'awaiting-signatures', missing });
  }

  #handle(from: ProcessId, message: FoundingMessage): void {
    switch (message.kind) {
      case 'hello':
        return this.#onHello(from, message);
      case 'found':
        return this.#onFound(from, message);
      case 'signed':
        return this.#onSigned(from, message);
      case 'unwilling':
        return this.#withdrawals.onUnwilling(from, message);
      case 'founded':
        return this.#onFounded(from, message);
      case 'group':
        return this.#onGroup(from, message);
      case 'stuck':
        return this.#withdrawals.onStuck(from, message);
      case 'withdrawn':
        return this.#withdrawals.onWithdrawn(from, message);
      default:
        unreachable(message);
    }
  }

  #onHello(from: ProcessId, hello: MessageOf<'hello'>): void {
    if (from === this.#shared.self) return;
    if (this.#shared.views.isFounded) this.#joining.answer(from);
    else this.#candidates.onHello(from, hello);
  }

  /** Proposed by its lowest member, which has signed it. */
  #onFound(from: ProcessId, { founding }: MessageOf<'found'>): void {
    const { outbox, self, views } = this.#shared;
    if (from === self || from !== founding.members[0] || !founding.members.includes(self)) return;
    const { group } = founding;
    const { signed } = this.#signature;
    if (this.#withdrawals.tell(from, group)) return;
    if (signed?.group === group) {
      outbox.sendOnceDurable(EVERYONE, { kind: 'signed', founding });
    } else if (views.isFounded || this.#signature.hasRefused(group)) {
      outbox.sendOnceDurable(EVERYONE, { kind: 'unwilling', refused: group });
    } else if (signed !== null || this.#signature.isGivenUp(group)) {
      this.#signature.refuse(group);
      outbox.sendOnceDurable(EVERYONE, { kind: 'unwilling', refused: group });
    } else if (this.#candidates.mayFound(founding)) {
      this.#signature.sign(founding);
      this.#signature.addSigner(from);
    }
  }

  #onSigned(from: ProcessId, { founding }: MessageOf<'signed'>): void {
    const { signed } = this.#signature;
    if (this.#signature.hasRefused(founding.group)) {
      this.#shared.outbox.sendOnceDurable(from, { kind: 'unwilling', refused: founding.group });
      return;
    }
    if (this.#withdrawals.tell(from, founding.group)) return;
    if (signed?.group !== founding.group || !signed.members.includes(from)) return;
    if (this.#signature.addSigner(from)) this.#hold(signed);
  }

  /** Only members send this: for them it holds. */
  #onFounded(from: ProcessId, { founding }: MessageOf<'founded'>): void {
    if (from === this.#shared.self) {
      this.#shared.clock.count(); // This process says so only once it is durable.
      return;
    }
    if (!founding.members.includes(from)) return;
    this.#meet(from, founding, new View(0, founding.members));
  }

  /** Something has been decided in the group: its founding is alive. */
  #onGroup(from: ProcessId, message: MessageOf<'group'>): void {
    if (from === this.#shared.self || message.latest.number === 0) return;
    if (this.#shared.views.isFounded) {
      this.#joining.told(message);
      return;
    }
    // A newcomer has asked.
    this.#meet(from, message.founding, message.latest);
    this.#joining.believe(message);
  }

  /** `from` belongs to the group of this founding, which has the view `latest`. */
  #meet(from: ProcessId, founding: Founding, latest: View): void {
    const { group } = founding;
    if (this.#withdrawals.tell(from, group)) this.#withdrawals.considerLeaving(group);
    if (this.#shared.views.isFounded || this.#withdrawals.hasWithdrawnFrom(group)) return;
    const { signed } = this.#signature;
    if (signed?.group === group) this.#hold(signed);
    else if (!founding.members.includes(this.#shared.self)) this.#onGroupOfOthers(from, founding, latest);
    else if (!this.#signature.hasRefused(group)) this.#onForgottenGroup(founding);
  }

  /**
   * All members have signed, this one among them, and its ledger does not know: the ledger was put back to an earlier state.
   */
  #onForgottenGroup({ group }: Founding): void {
    this.#signature.end();
    this.#shared.outbox.notice({ kind: 'votes-lost', group });
  }

  /**
   * There is a group, and this process is no founder of it. If its options say so, it joins as an observer: without a vote this
   * is safe whatever it was before. But if it has begun from another backup than the group, their states do not belong to one
   * sequence.
   */
  #onGroupOfOthers(from: ProcessId, founding: Founding, latest: View): void {
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
    } else if (this.#learnsFrom(founding) && this.#signature.signed === null) {
      this.#signature.join(founding);
      this.#enter(founding, 'observer', latest);
    } else if (!this.#isOutsider) {
      this.#isOutsider = true;
      outbox.notice({ kind: 'founded', group: founding.group, view: new View(0, founding.members), part: 'stranger' });
    }
  }

  /** A process that has given a group up under a former id rejoins it as an observer. */
  #learnsFrom({ group }: Founding): boolean {
    return this.#options.observes || this.#withdrawals.hasSurvived(group);
  }

  get #intent(): Intent {
    if (!this.#options.founds) return 'join';
    return this.#signature.signed === null && !this.#isOutsider ? 'found' : 'wait';
  }

  #tryToPropose(): void {
    if (this.#isOutsider || !this.#options.founds) return;
    const founding = this.#candidates.choose();
    if (founding === null) return;
    this.#signature.sign(founding);
    this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'found', founding });
  }

  #hold(founding: Founding): void {
    if (this.#shared.views.isFounded || this.#withdrawals.hasWithdrawnFrom(founding.group)) return;
    this.#enter(founding, 'member', new View(0, founding.members));
    this.#shared.outbox.sendOnceDurable(EVERYONE, { kind: 'founded', founding });
  }

  /** `latest` is told as its members. */
  #enter(founding: Founding, part: Part, latest: View): void {
    const { outbox, views } = this.#shared;
    const record = { view: new View(0, founding.members), from: founding.base.from };
    const { group, borderInstances } = founding;
    views.begin(group, borderInstances, record);
    outbox.persist({ kind: 'view', group, borderInstances, record });
    outbox.notice({ kind: 'founded', group, view: latest, part });
  }
}
