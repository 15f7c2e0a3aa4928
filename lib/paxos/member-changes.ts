import type { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import { type Batch, ofKind } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import { isProcessId, type ProcessId } from '../model/ids.js';
import { classicQuorum, MAX_MEMBERS, View } from '../model/view.js';
import { idOfBody } from '../sequence/sound-batch.js';
import { packChange } from '../sequence/view-change.js';
import type { Transport } from '../transport/transport.js';

/** Processes that become members, and members that cease to be. */
export interface MembersChange {
  /** Ids of observers. */
  readonly add?: readonly string[];
  /** Ids of members. */
  readonly remove?: readonly string[];
}

/** How a change of the members is asked for. */
export interface ChangeOptions {
  /** Also if so few of the new members are heard that they are no majority. Default: false. */
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
  /** Has the value decided. */
  readonly propose: (batch: Batch) => void;
}

interface Change {
  readonly change: MembersChange;
  readonly options: ChangeOptions;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** The view that it makes, once it is proposed. */
  asked: View | null;
  /** Whether that view has been decided. */
  isDecided: boolean;
}

/** A process heard no longer ago is taken to be alive. */
const ALIVE_TICKS = 200;

/**
 * The changes of the members that are asked for here: one after the other, each once the view before governs. The outcome
 * follows from the views: the one that has the number of the change is it, or another change was first.
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
      this.#viewAfter(change, options); // What is wrong already is told at once.
      const abort = (): void => {
        this.#end(asked, () => {
          asked.reject(asked.asked === null ? signal?.reason : unknown(asked.asked, signal?.reason));
        });
      };
      const asked: Change = {
        ...{ change, options, asked: null, isDecided: false },
        resolve: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- errors of this file, or a signal's reason
          reject(error);
        },
      };
      this.#changes.push(asked);
      signal?.addEventListener('abort', abort, { once: true });
      this.#next();
    });
  }

  tick(): void {
    if (this.#changes.length > 0) this.#next();
  }

  noticed(notice: Notice): void {
    const [first] = this.#changes;
    const asked = first?.asked ?? null;
    if (first === undefined || asked === null) return;
    if (notice.kind === 'view' && notice.record.view.number === asked.number) {
      if (isSame(notice.record.view, asked)) first.isDecided = true;
      else
        this.#end(first, () => {
          first.reject(forestalled(asked, notice.record.view));
        });
    } else if (notice.kind === 'view-complete' && notice.number >= asked.number && first.isDecided)
      this.#end(first, first.resolve);
  }

  stop(cause: TreplicaError): void {
    this.#stopped = cause;
    for (const { asked, reject } of this.#changes.splice(0)) reject(asked === null ? cause : unknown(asked, cause));
  }

  #next(): void {
    const { core } = this.#options;
    const [first] = this.#changes;
    // Decided before the latest view governs, it would be void.
    if (first?.asked !== null || core.watermark < core.views.latestFrom) return;
    try {
      first.asked = this.#viewAfter(first.change, first.options);
      this.#propose(first.asked);
    } catch (error) {
      this.#end(first, () => {
        first.reject(error);
      });
    }
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
    tell();
    this.#next();
  }

  /** @throws TreplicaError INVALID_OPTION, NO_MAJORITY */
  #viewAfter({ add = [], remove = [] }: MembersChange, { force = false }: ChangeOptions): View {
    const { latest } = this.#options.core.views;
    for (const process of add) {
      if (!isProcessId(process)) throw invalid(`'${process}' is no id of a process: it has 16 hexadecimal digits`);
      if (latest.has(process)) throw invalid(`${process} is a member already`);
    }
    for (const process of remove)
      if (!latest.members.some((member) => member === process)) throw invalid(`${process} is no member`);
    const members = new Set([...latest.members.filter((member) => !remove.includes(member)), ...(add as ProcessId[])]);
    if (add.length + remove.length === 0) throw invalid('it names no process to add or to remove');
    if (new Set(add).size < add.length) throw invalid('it names a process twice');
    if (members.size === 0 || members.size > MAX_MEMBERS)
      throw invalid(`a group has 1 to ${String(MAX_MEMBERS)} members, and this would leave ${String(members.size)}`);
    const view = new View(latest.number + 1, [...members]);
    const silent = view.members.filter((member) => !this.#isAlive(member));
    if (!force && view.size - silent.length < view.classicQuorum) throw noMajority(view, silent);
    return view;
  }

  #isAlive(process: ProcessId): boolean {
    const { self, transport } = this.#options;
    return process === self || transport.ticksSinceHeard(process) <= ALIVE_TICKS;
  }
}

function isSame(a: View, b: View): boolean {
  return a.members.join() === b.members.join();
}

function invalid(why: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', `The members cannot be changed so: ${why}.`);
}

function noMajority({ members }: View, silent: readonly ProcessId[]): TreplicaError {
  return new TreplicaError(
    'NO_MAJORITY',
    `Of the ${String(members.length)} members that the group would have, ${silent.join(' and ')} ${silent.length === 1 ? 'has' : 'have'} not been heard for ${String((ALIVE_TICKS * constants.tickMs) / 1_000)} s, and the others are no majority (${String(classicQuorum(members.length))}): the group would stop. Start them, name others, or set force.`,
  );
}

function forestalled(asked: View, latest: View): TreplicaError {
  return new TreplicaError(
    'MEMBERS_CHANGED',
    `Another change came first: the members are now ${latest.members.join(', ')}, and not ${asked.members.join(', ')}. Nothing was changed by this one: look at the members and ask again.`,
  );
}

function unknown({ members }: View, cause: unknown): TreplicaError {
  return new TreplicaError(
    'UNKNOWN_OUTCOME',
    `The wait for the change of the members to ${members.join(', ')} has ended. The outcome is unknown: it may have been made or may yet be.`,
    { cause },
  );
}
