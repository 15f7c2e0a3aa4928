import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { sameStart, type Start } from '../model/start.js';
import { KEY_IDS_TOLD_MAX, type KeysMessage } from './wire/key-messages.js';

/** What a process has said of its keys. */
export type HeldKeys = Pick<KeysMessage, 'number' | 'sendingId' | 'ids'>;

export interface KeyExchangeOptions {
  readonly settings: Settings;
  readonly self: ProcessId;
  readonly members: () => readonly ProcessId[];
  /** What this process has to say. */
  readonly held: () => HeldKeys;
  /** Sends to everybody, best effort. */
  readonly tell: (message: KeysMessage) => void;
}

interface Row extends HeldKeys {
  readonly start: Start;
  readonly edition: number;
}

/**
 * Which keys the processes of the group hold, as far as they have said so. Each says it to everybody at intervals that double, and
 * begins with short ones when it changes or when a process is heard that is new or was started anew.
 */
export class KeyExchange {
  readonly #options: KeyExchangeOptions;
  /** In the order in which they were heard last. */
  readonly #others = new Map<ProcessId, Row>();
  #edition = 0;
  #ticks = 0;
  #wait: number;

  constructor(options: KeyExchangeOptions) {
    this.#options = options;
    this.#wait = options.settings.factsTicks;
  }

  /** What another process has said last; null where it has said nothing. */
  of(process: ProcessId): HeldKeys | null {
    return this.#others.get(process) ?? null;
  }

  /** The processes that have said something. */
  get others(): readonly ProcessId[] {
    return [...this.#others.keys()];
  }

  /** What this process has to say has changed. */
  changed(): void {
    this.#wait = this.#options.settings.factsTicks;
    this.#tell();
  }

  /** Returns whether it says something new. */
  receive(from: ProcessId, start: Start, message: KeysMessage): boolean {
    const known = this.#others.get(from);
    const isKnown = known !== undefined && sameStart(known.start, start);
    if (known !== undefined && start.incarnation < known.start.incarnation) return false;
    if (isKnown && message.edition <= known.edition) return false;
    const { edition, number, sendingId, ids } = message;
    this.#others.delete(from);
    this.#others.set(from, { start, edition, number, sendingId, ids: ids.slice(0, KEY_IDS_TOLD_MAX) });
    this.#forgetQuietest();
    if (!isKnown) this.#wait = this.#options.settings.factsTicks;
    return true;
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks < this.#wait) return;
    this.#wait = Math.min(2 * this.#wait, this.#options.settings.factsTicksMax);
    this.#tell();
  }

  /** Members are kept, and of other processes those that were heard last. */
  #forgetQuietest(): void {
    if (this.#others.size <= constants.factsOthersMax) return;
    const members = new Set(this.#options.members());
    const others = [...this.#others.keys()].filter((process) => !members.has(process));
    for (const process of others.slice(0, Math.max(0, others.length - constants.factsOthersMax)))
      this.#others.delete(process);
  }

  #tell(): void {
    this.#ticks = 0;
    this.#edition += 1;
    this.#options.tell({ kind: 'keys', edition: this.#edition, ...this.#options.held() });
  }
}
