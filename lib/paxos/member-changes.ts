import type { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import { constants } from '../model/constants.js';
import type { TreplicaError } from '../model/errors.js';
import { isProcessId, type ProcessId } from '../model/ids.js';
import { MAX_MEMBERS, View } from '../model/view.js';
import { packChange } from '../sequence/view-change.js';
import type { Transport } from '../transport/transport.js';
import { AskedChanges, type AskedChangesOptions } from './asked-changes.js';
import { forestalled, invalidChange, noMajority, notLevel, unknownChange } from './member-change-errors.js';
import type { Observers } from './observers.js';

/** Processes that become members, and members that cease to be. */
export interface MembersChange {
  /** Ids of observers that are level: see `PaxosStatus.observers`. */
  readonly add?: readonly string[];
  /** Ids of members. */
  readonly remove?: readonly string[];
}

/** How a change of the members is asked for. */
export interface ChangeOptions {
  /**
   * Also if a process that is added is not heard or not level, and if so few of the new members are heard that they are no
   * majority. Default: false.
   */
  readonly force?: boolean;
  /** Ends the wait; the change may be made all the same. */
  readonly signal?: AbortSignal;
}

export interface MemberChangesOptions extends Pick<
  AskedChangesOptions<Wish, View>,
  'self' | 'startNumber' | 'propose' | 'read'
> {
  readonly core: Pick<Consensus, 'views' | 'watermark'>;
  readonly transport: Pick<Transport, 'ticksSinceHeard'>;
  readonly observers: Pick<Observers, 'lagOf'>;
  /** An observer that lacks more instances than that is not level. */
  readonly lagMax: number;
}

interface Wish {
  readonly change: MembersChange;
  readonly isForced: boolean;
  /** Whether the view that it makes has been decided. */
  isDecided: boolean;
}

/**
 * The changes of the members that are asked for here: one after the other, each judged by the latest view of the group, which a
 * majority is asked for, and once that view governs. The outcome follows from the views: the one that has the number of the
 * change is it, or another change was first.
 */
export class MemberChanges {
  readonly #options: MemberChangesOptions;
  readonly #asked: AskedChanges<Wish, View>;

  constructor(options: MemberChangesOptions) {
    this.#options = options;
    this.#asked = new AskedChanges({
      ...options,
      kind: 'view',
      unknown: (_, view, cause) => unknownChange(view, cause),
      next: () => {
        this.#next();
      },
    });
  }

  /** As `PaxosQueue.changeMembers`. */
  async change(change: MembersChange, { force: isForced = false, signal }: ChangeOptions): Promise<void> {
    checkIds(change);
    await this.#asked.ask({ change, isForced, isDecided: false }, signal);
  }

  /** Whether any is under way. */
  get isBusy(): boolean {
    return this.#asked.first !== undefined;
  }

  tick(): void {
    if (this.isBusy) this.#next();
  }

  noticed(notice: Notice): void {
    const { first } = this.#asked;
    const view = first?.made ?? null;
    if (first === undefined || view === null) return;
    if (notice.kind === 'view' && notice.record.view.number === view.number) {
      if (isSame(notice.record.view, view)) first.wish.isDecided = true;
      else this.#asked.refuse(first, forestalled(view, notice.record.view));
    } else if (notice.kind === 'view-complete' && notice.number >= view.number && first.wish.isDecided)
      this.#asked.done(first);
  }

  stop(cause: TreplicaError): void {
    this.#asked.stop(cause);
  }

  #next(): void {
    const { core } = this.#options;
    const { first } = this.#asked;
    if (first?.made !== null) return;
    const { wish } = first;
    // Decided before the latest view governs, it would be void.
    if (!this.#asked.askPast(first) || core.watermark < core.views.latestFrom) return;
    try {
      const view = this.#viewAfter(wish);
      this.#asked.propose(first, view, packChange({ follows: view.number - 1, members: view.members }));
    } catch (error) {
      this.#asked.refuse(first, error);
    }
  }

  /** @throws TreplicaError INVALID_OPTION, NOT_LEVEL, NO_MAJORITY */
  #viewAfter({ change: { add = [], remove = [] }, isForced }: Wish): View {
    const { core, observers, lagMax } = this.#options;
    const { latest } = core.views;
    const added = add as readonly ProcessId[];
    for (const process of added) if (latest.has(process)) throw invalidChange(`${process} is a member already`);
    for (const process of remove)
      if (!latest.members.some((member) => member === process)) throw invalidChange(`${process} is no member`);
    const members = new Set([...latest.members.filter((member) => !remove.includes(member)), ...added]);
    if (members.size === 0 || members.size > MAX_MEMBERS)
      throw invalidChange(
        `a group has 1 to ${String(MAX_MEMBERS)} members, and this would leave ${String(members.size)}`,
      );
    const view = new View(latest.number + 1, [...members]);
    if (isForced) return view;
    for (const process of added) {
      const lag = observers.lagOf(process);
      if (lag === null || lag > lagMax) throw notLevel(process, lag, lagMax);
    }
    const silent = view.members.filter((member) => !this.#isAlive(member));
    if (view.size - silent.length < view.classicQuorum) throw noMajority(view, silent);
    return view;
  }

  #isAlive(process: ProcessId): boolean {
    const { self, transport } = this.#options;
    return process === self || transport.ticksSinceHeard(process) <= constants.aliveTicks;
  }
}

/** @throws TreplicaError INVALID_OPTION for what is wrong whatever the members are. */
function checkIds({ add = [], remove = [] }: MembersChange): void {
  for (const process of add)
    if (!isProcessId(process)) throw invalidChange(`'${process}' is no id of a process: it has 16 hexadecimal digits`);
  if (add.length + remove.length === 0) throw invalidChange('it names no process to add or to remove');
  if (new Set(add).size < add.length) throw invalidChange('it names a process twice');
}

function isSame(a: View, b: View): boolean {
  return a.members.join() === b.members.join();
}
