import type { ProcessId } from '../model/ids.js';
import type { Start } from '../model/start.js';
import { Announcements, type AnnouncementsOptions } from './announcements.js';
import { KEY_IDS_TOLD_MAX, type KeysMessage } from './wire/key-messages.js';

/** What a process has said of its keys. */
export type HeldKeys = Pick<KeysMessage, 'number' | 'sendingId' | 'ids'>;

export interface KeyExchangeOptions extends Omit<AnnouncementsOptions, 'tell'> {
  /** What this process has to say. */
  readonly held: () => HeldKeys;
  /** Sends to everybody, best effort. */
  readonly tell: (message: KeysMessage) => void;
}

/** Which keys the processes of the group hold, as far as they have said so. */
export class KeyExchange {
  readonly #others: Announcements<HeldKeys>;
  #edition = 0;

  constructor({ settings, members, held, tell }: KeyExchangeOptions) {
    this.#others = new Announcements({
      ...{ settings, members },
      tell: () => {
        this.#edition += 1;
        tell({ kind: 'keys', edition: this.#edition, ...held() });
      },
    });
  }

  /** What another process has said last; null where it has said nothing. */
  of(process: ProcessId): HeldKeys | null {
    return this.#others.of(process);
  }

  /** The processes that have said something. */
  get others(): readonly ProcessId[] {
    return Array.from(this.#others, ([process]) => process);
  }

  /** What this process has to say has changed. */
  changed(): void {
    this.#others.changed();
  }

  /** Somebody may have missed it. */
  again(): void {
    this.#others.again();
  }

  /** Returns whether it says something new. */
  receive(from: ProcessId, start: Start, { edition, number, sendingId, ids }: KeysMessage): boolean {
    this.#others.meet(from, start);
    return this.#others.receive(from, start, edition, { number, sendingId, ids: ids.slice(0, KEY_IDS_TOLD_MAX) });
  }

  tick(): void {
    this.#others.tick();
  }
}
