import type { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import { type Batch, ofKind } from '../model/batch.js';
import type { TreplicaError } from '../model/errors.js';
import { isProcessId, type ProcessId } from '../model/ids.js';
import { MAX_MEMBERS, View } from '../model/view.js';
import { idOfBody } from '../sequence/sound-batch.js';
import { packChange } from '../sequence/view-change.js';
import type { Transport } from '../transport/transport.js';
import { forestalled, invalidChange, noMajority, notLevel, unknownChange } from './member-change-errors.js';
import type { Observers } from './observers.js';
import type { ReadWaiter } from './waiting-reads.js';

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

export interface MemberChangesOptions {
  readonly core: Pick<Consensus, 'views' | 'watermark'>;
  readonly self: ProcessId;
  /** Names the start of this process in ids. */
  readonly startNumber: number;
  readonly transport: Pick<Transport, 'ticksSinceHeard'>;
  readonly observers: Pick<Observers, 'lagOf'>;
  /** An observer that lacks more instances than that is not level. */
  readonly lagMax: number;
  /** As `Driver.read`. */
  readonly read: (waiter: ReadWaiter) => () => void;
  /** Has the value decided. */
  readonly propose: (batch: Batch) => void;
}

interface Change {
  readonly change: MembersChange;
  readonly options: ChangeOptions;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Whether everything that was decided before is known here, after a majority was asked. */
  past: 'unknown' | 'asked' | 'known';
  /** Gives up the question for it. */
  forget: () => void;
  /** The view that it makes, once it is proposed. */
  view: View | null;
  /** Whether that view has been decided. */
  isDecided: boolean;
}

/** A process heard no longer ago is taken to be alive. */
const ALIVE_TICKS = 200;

/**
 * The changes of the members that are asked for here: one after the other, each judged by the latest view of the group, which a
 * majority is asked for, and once that view governs. The outcome follows from the views: the one that has the number of the
 * change is it, or another change was first.
 */
export class MemberChanges {
  readonly #options: MemberChangesOptions;
  readonly #changes: Change[] = [];
  #sequence = 0;
  #stopped: TreplicaError | null = null;

  constructor(options: MemberChangesOptions) {
    this.#options = options;
  }

  /** As `PaxosQueue.changeMembers`. */
  change(change: MembersChange, options: ChangeOptions): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#stopped !== null) throw this.#stopped;
      const { signal } = options;
      signal?.throwIfAborted();
      checkIds(change);
      const abort = (): void => {
        this.#end(asked, () => {
          asked.reject(asked.view === null ? signal?.reason : unknownChange(asked.view, signal?.reason));
        });
      };
      const asked: Change = {
        ...{ change, options, past: 'unknown', forget: () => undefined, view: null, isDecided: false },
        resolve: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- errors of changes, or a signal's reason
          reject(error);
        },
      };
      this.#changes.push(asked);
      signal?.addEventListener('abort', abort, { once: true });
      this.#next();
    });
  }

  /** Whether any is under way. */
  get isBusy(): boolean {
    return this.#changes.length > 0;
  }

  tick(): void {
    if (this.isBusy) this.#next();
  }

  noticed(notice: Notice): void {
    const [first] = this.#changes;
    const view = first?.view ?? null;
    if (first === undefined || view === null) return;
    if (notice.kind === 'view' && notice.record.view.number === view.number) {
      if (isSame(notice.record.view, view)) first.isDecided = true;
      else
        this.#end(first, () => {
          first.reject(forestalled(view, notice.record.view));
        });
    } else if (notice.kind === 'view-complete' && notice.number >= view.number && first.isDecided)
      this.#end(first, first.resolve);
  }

  stop(cause: TreplicaError): void {
    this.#stopped = cause;
    for (const { view, forget, reject } of this.#changes.splice(0)) {
      forget();
      reject(view === null ? cause : unknownChange(view, cause));
    }
  }

  #next(): void {
    const { core } = this.#options;
    const [first] = this.#changes;
    if (first?.view !== null) return;
    if (first.past === 'unknown') this.#askForPast(first);
    // Decided before the latest view governs, it would be void.
    if (first.past !== 'known' || core.watermark < core.views.latestFrom) return;
    try {
      first.view = this.#viewAfter(first.change, first.options);
      this.#propose(first.view);
    } catch (error) {
      this.#end(first, () => {
        first.reject(error);
      });
    }
  }

  /** It is judged by the members that the group has now. Without a majority nothing could be decided either. */
  #askForPast(change: Change): void {
    change.past = 'asked';
    change.forget = this.#options.read({
      resolve: () => {
        change.past = 'known';
      },
      reject: (error) => {
        this.#end(change, () => {
          change.reject(error);
        });
      },
    });
  }

  #propose({ number, members }: View): void {
    const { self: process, startNumber: incarnation, core, propose } = this.#options;
    const body = packChange({ follows: number - 1, members });
    const id = idOfBody({ process, incarnation, since: core.watermark }, this.#sequence, body);
    this.#sequence += 1;
    propose({ id: ofKind('view', id), body });
  }

  #end(change: Change, tell: () => void): void {
    const at = this.#changes.indexOf(change);
    if (at < 0) return;
    this.#changes.splice(at, 1);
    change.forget();
    tell();
  }

  /** @throws TreplicaError INVALID_OPTION, NOT_LEVEL, NO_MAJORITY */
  #viewAfter({ add = [], remove = [] }: MembersChange, { force = false }: ChangeOptions): View {
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
    if (force) return view;
    for (const process of added) {
      const lag = observers.lagOf(process);
      if (lag === null || lag > lagMax) throw notLevel(process, lag, lagMax);
    }
    const silent = view.members.filter((member) => !this.#isAlive(member));
    if (view.size - silent.length < view.classicQuorum) throw noMajority(view, silent, ALIVE_TICKS);
    return view;
  }

  #isAlive(process: ProcessId): boolean {
    const { self, transport } = this.#options;
    return process === self || transport.ticksSinceHeard(process) <= ALIVE_TICKS;
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
