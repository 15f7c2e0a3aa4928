/**
 * The keys of a group at this process, while they change: applies what the sequence decides to the ring that seals and opens
 * frames, says which keys this process holds, and makes the changes that are asked for here. See "Keys that change" in
 * docs/protocol.md.
 */
import type { Notice } from '../consensus/effects.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import { FIRST_KEY_STATE } from '../model/keys.js';
import type { Settings } from '../model/settings.js';
import type { Start } from '../model/start.js';
import type { QueueEventOf } from '../queue/events.js';
import type { KeyChange } from '../sequence/key-change.js';
import type { Transport } from '../transport/transport.js';
import { type KeyChangeOptions, KeyChanges, type KeyChangesOptions } from './key-changes.js';
import { KeyExchange } from './key-exchange.js';
import { inUse, lacked } from './key-obstacles.js';
import { allRemoved, type KeySource } from './key-source.js';
import { KeyTrials } from './key-trials.js';
import { ToldState } from './told-state.js';
import { KEY_IDS_TOLD_MAX, type KeysMessage } from './wire/key-messages.js';

export interface GroupKeysOptions extends Omit<KeyChangesOptions, 'obstacle'> {
  readonly settings: Settings;
  readonly source: KeySource;
  readonly members: () => readonly ProcessId[];
  /** Processes without a vote that are heard. */
  readonly observers: () => readonly ProcessId[];
  readonly transport: Pick<Transport, 'ticksSinceHeard' | 'statistics'>;
  readonly tell: (message: KeysMessage) => void;
  readonly notify: (event: QueueEventOf<'key-missing' | 'key-file-failed'>) => void;
  /** This process can hear nobody any more. */
  readonly fail: (error: TreplicaError) => void;
}

/** Which process holds which keys. */
export interface KeysOfProcess {
  readonly process: ProcessId;
  readonly isMember: boolean;
  /** As `MemberStatus.heardMsAgo`. */
  readonly heardMsAgo: number | null;
  /** Null where it has not said so yet, as `sendingId`. */
  readonly ids: readonly number[] | null;
  readonly sendingId: number | null;
  /** Of the keys that this process holds. */
  readonly lacks: readonly number[];
}

/** The keys of a group, by their ids. */
export interface KeysReport {
  /** How many changes have been decided. */
  readonly number: number;
  /** The key that the group has decided to send with; null where it has decided none yet. */
  readonly sendingId: number | null;
  /** Keys with this id and below are removed for good. */
  readonly removedUpTo: number;
  /** This process first. */
  readonly processes: readonly KeysOfProcess[];
}

/** The file of keys is read again no more often by itself. */
const REREAD_TICKS = 100;
/** A process whose frames come under a key that is not here is told which keys are no more often. */
const ANSWER_TICKS = 100;

export class GroupKeys {
  readonly #options: GroupKeysOptions;
  readonly #exchange: KeyExchange;
  readonly #changes: KeyChanges;
  readonly #trials: KeyTrials;
  readonly #told = new ToldState();
  #missing: number | null = null;
  #keyDropped = 0;
  #ticksSinceRead = REREAD_TICKS;
  #ticksSinceAnswer = ANSWER_TICKS;
  #wantsKeys = false;
  #hasFileFailed = false;
  /** The key to send with where the group has decided on none. */
  #first: number;

  constructor(options: GroupKeysOptions) {
    this.#options = options;
    this.#first = options.source.ring.sendingId;
    this.#exchange = new KeyExchange({ ...options, held: () => this.#held() });
    this.#changes = new KeyChanges({ ...options, obstacle: (change) => this.#obstacleTo(change) });
    const { ring } = options.source;
    this.#trials = new KeyTrials({ ...options, ring, others: () => this.#others() });
    this.#apply();
  }

  show(): KeysReport {
    const { self, members, core } = this.#options;
    const present = members();
    const { number, sendingId, removedUpTo } = core.keys.latest;
    const processes = [self, ...this.#others()].map((process) => this.#keysOf(process, present.includes(process)));
    return { number, sendingId, removedUpTo, processes };
  }

  async use(id: number, options: KeyChangeOptions): Promise<void> {
    await this.reread();
    if (!this.#options.source.ring.has(id)) throw this.#lacksHere(id);
    await this.#changes.change('use', id, options);
  }

  remove(id: number, options: KeyChangeOptions): Promise<void> {
    return this.#changes.change('remove', id, options);
  }

  /**
   * Takes the keys of the file that are not here yet.
   * @throws TreplicaError INVALID_OPTION where the file is not good, or has other bytes for a key
   */
  async reread(): Promise<void> {
    const { source, core } = this.#options;
    if (source.reread === null) return;
    this.#ticksSinceRead = 0;
    this.#wantsKeys = false;
    const keys = await source.reread();
    let isNew = false;
    for (const key of keys) {
      if (key.id <= core.keys.latest.removedUpTo) continue;
      isNew ||= !source.ring.has(key.id);
      source.ring.accept(key);
    }
    this.#hasFileFailed = false;
    if (!isNew) return;
    this.#apply();
    this.#exchange.changed();
  }

  receive(from: ProcessId, start: Start, message: KeysMessage): void {
    if (from === this.#options.self || !this.#exchange.receive(from, start, message)) return;
    const { source, core } = this.#options;
    const { latest } = core.keys;
    if (message.ids.some((id) => id > latest.removedUpTo && !source.ring.has(id))) this.#wantsKeys = true;
    this.#told.hear(message, latest);
    if (latest.sendingId === null && this.#told.after(latest) === null) this.#follow(message);
    this.#apply();
  }

  /** What is said to this process while it belongs to no group. */
  overhear(message: KeysMessage): void {
    this.#follow(message);
    this.#options.source.ring.use(this.#first);
  }

  /**
   * Where nothing is decided here: a process that cannot open what this one sends is followed; with one that can, the key stays that is
   * sent with now, and may have been found by trying. So two that can open what the other sends never change places.
   */
  #follow({ sendingId, ids }: KeysMessage): void {
    const { ring } = this.#options.source;
    const common = [ring.sendingId, sendingId, ...ids.toReversed()].find((id) => ring.has(id) && ids.includes(id));
    if (common !== undefined) this.#first = common;
  }

  noticed(notice: Notice): void {
    if (notice.kind !== 'keys') return;
    this.#apply();
    this.#exchange.changed();
    this.#changes.decided(notice.state);
  }

  tick(): void {
    const { keyDropped } = this.#options.transport.statistics;
    this.#ticksSinceRead += 1;
    this.#ticksSinceAnswer += 1;
    if (this.#told.tick()) this.#apply();
    if (keyDropped > this.#keyDropped) {
      this.#keyDropped = keyDropped;
      this.#wantsKeys = true;
      this.#answerUnheard();
    }
    if (this.#wantsKeys && this.#ticksSinceRead >= REREAD_TICKS) this.#rereadAlone();
    this.#trials.tick();
    this.#exchange.tick();
    this.#changes.tick();
  }

  stop(cause: TreplicaError): void {
    this.#changes.stop(cause);
  }

  /** Somebody sends with a key that is not here, perhaps because it has not heard which one the group sends with. */
  #answerUnheard(): void {
    if (this.#ticksSinceAnswer < ANSWER_TICKS) return;
    this.#ticksSinceAnswer = 0;
    this.#exchange.again();
  }

  /** What a file has wrong is told once, until it is right. */
  #rereadAlone(): void {
    const hasFailedBefore = this.#hasFileFailed;
    this.reread().catch((error: unknown) => {
      this.#hasFileFailed = true;
      if (!hasFailedBefore) this.#options.notify({ kind: 'key-file-failed', error });
    });
  }

  #held(): { readonly number: number; readonly sendingId: number; readonly ids: readonly number[] } {
    const { source, core } = this.#options;
    const { sendingId, ids } = source.ring;
    // What is told to be known is known after a restart, too.
    const { number } = core.keys.decidedBelow(core.durableWatermark).at(-1) ?? FIRST_KEY_STATE;
    return { number, sendingId, ids: ids.slice(-KEY_IDS_TOLD_MAX) };
  }

  /** The ring follows the latest state, and sends with the key of a later one that was told. */
  #apply(): void {
    const { source, core, fail } = this.#options;
    const { ring } = source;
    const { latest } = core.keys;
    this.#send((this.#told.after(latest) ?? latest).sendingId ?? this.#first);
    if (ring.sendingId <= latest.removedUpTo) {
      const left = ring.ids.findLast((id) => id > latest.removedUpTo);
      if (left === undefined) {
        fail(allRemoved(latest));
        return;
      }
      ring.use(left);
    }
    for (const id of ring.ids) if (id <= latest.removedUpTo) ring.remove(id);
  }

  #send(id: number): void {
    const { source, notify } = this.#options;
    if (source.ring.has(id)) {
      source.ring.use(id);
      this.#missing = null;
    } else if (this.#missing !== id) {
      this.#missing = id;
      this.#wantsKeys = true;
      notify({ kind: 'key-missing', id, held: source.ring.ids });
    }
  }

  #obstacleTo({ action, id }: KeyChange): TreplicaError | null {
    const { core } = this.#options;
    const present = this.#options.members();
    const others = this.#others();
    const isAlive = (process: ProcessId): boolean => this.#ticksSince(process) <= constants.aliveTicks;
    if (action === 'use') {
      const lacking = others.filter(
        (process) => isAlive(process) && this.#exchange.of(process)?.ids.includes(id) !== true,
      );
      return lacking.length === 0 ? null : lacked(id, lacking);
    }
    const { number, sendingId } = core.keys.latest;
    const late = others.filter((process) => {
      const held = this.#exchange.of(process);
      if (!present.includes(process) && !isAlive(process)) return false;
      return held === null || held.number < number || held.sendingId !== sendingId;
    });
    return late.length === 0 ? null : inUse(id, sendingId, late);
  }

  /** All other processes of the group that are known. */
  #others(): readonly ProcessId[] {
    const { self, members, observers } = this.#options;
    const others = new Set([...members(), ...observers(), ...this.#exchange.others]);
    others.delete(self);
    return [...others].sort();
  }

  #keysOf(process: ProcessId, isMember: boolean): KeysOfProcess {
    const { self, source } = this.#options;
    const ticks = process === self ? 0 : this.#ticksSince(process);
    const { ids, sendingId } = (process === self ? this.#held() : this.#exchange.of(process)) ?? {
      ids: null,
      sendingId: null,
    };
    const lacks = ids === null ? [] : source.ring.ids.filter((id) => !ids.includes(id));
    return {
      process,
      isMember,
      heardMsAgo: Number.isFinite(ticks) ? ticks * constants.tickMs : null,
      ids,
      sendingId,
      lacks,
    };
  }

  #ticksSince(process: ProcessId): number {
    return this.#options.transport.ticksSinceHeard(process);
  }

  #lacksHere(id: number): TreplicaError {
    const { ring, reread } = this.#options.source;
    const remedy = reread === null ? 'start it with that key in the option keys' : 'add the key to its file of keys';
    return new TreplicaError(
      'KEY_MISSING',
      `This process does not have key ${String(id)}, but ${ring.ids.join(', ')}: ${remedy} and ask again. Nothing was changed.`,
    );
  }
}
