import type { KeyObject } from 'node:crypto';

import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import type { Lane } from './frame.js';
import { FrameKey } from './frame-key.js';
import { ReplayWindow } from './replay-window.js';

/** One start of one process, from which frames are heard under keys. */
export class MetStart {
  /** Heard since the table was last full. */
  isRecent = true;
  readonly windows: Readonly<Record<Lane, ReplayWindow>>;
  readonly sender: ProcessId;
  readonly #words: Int32Array;
  /** By the key of the ring: two while the group changes its key. */
  readonly #keys = new Map<KeyObject, FrameKey>();

  /** `start`: sender, incarnation and nonce as they are in frames. What was sealed up to `floor` is never taken. */
  constructor(
    private readonly queueId: string,
    readonly start: Buffer,
    floor: number,
  ) {
    this.windows = { datagram: new ReplayWindow(floor), bulk: new ReplayWindow(floor) };
    this.sender = senderIn(start);
    this.#words = Int32Array.from({ length: START_BYTES / 4 }, (_, i) => start.readInt32BE(4 * i));
  }

  keyUnder(ringKey: KeyObject): FrameKey {
    const known = this.#keys.get(ringKey);
    if (known !== undefined) return known;
    // Keys that the ring has given up since.
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    const key = new FrameKey(ringKey, this.queueId, this.start);
    this.#keys.set(ringKey, key);
    return key;
  }

  /** Word by word: for so few bytes a call into native code costs more, and this is on the path of every frame. */
  isStartAt(bytes: Buffer, at: number): boolean {
    const words = this.#words;
    for (let i = 0; i < words.length; i += 1) if (bytes.readInt32BE(at + 4 * i) !== words[i]) return false;
    return true;
  }
}

const SENDER_BYTES = 8;
const NONCE_AT = 12;
const START_BYTES = 28;
const KEYS_MAX = 4;

interface Row {
  current: MetStart;
  /** Starts of this sender that have been met. */
  meetings: number;
}

/** The starts that have been met: one of each sender, the latest. */
export class MetStarts {
  readonly #bySender = new Map<ProcessId, Row>();
  readonly #byWords = new Map<number, MetStart>();
  #epoch = 0;

  constructor(private readonly queueId: string) {}

  /** The met start whose bytes are at `at`. */
  find(bytes: Buffer, at: number): MetStart | undefined {
    const met = this.#byWords.get(wordsAt(bytes, at));
    return met?.isStartAt(bytes, at) === true ? met : undefined;
  }

  /**
   * How often anything has changed for the sender of `start`: a proof that was made before is none after it. It differs also
   * where senders have been forgotten since.
   */
  ageOf(start: Buffer): string {
    return `${this.#epoch}.${this.#bySender.get(senderIn(start))?.meetings ?? 0}`;
  }

  /** From now on this start of its sender is heard, and no other. False where there is no room for it. */
  meet(start: Buffer, floor: number): boolean {
    const met = new MetStart(this.queueId, Buffer.from(start), floor);
    const row = this.#bySender.get(met.sender);
    if (row === undefined) {
      if (this.#bySender.size >= constants.peersMax) this.#forget();
      if (this.#bySender.size >= constants.peersMax) return false;
      this.#bySender.set(met.sender, { current: met, meetings: 1 });
    } else {
      this.#remove(row.current);
      row.current = met;
      row.meetings += 1;
    }
    this.#byWords.set(wordsAt(met.start, 0), met);
    return true;
  }

  /** Forgets the senders that have not been heard since the table was last full. */
  #forget(): void {
    this.#epoch += 1;
    for (const [sender, { current }] of this.#bySender) {
      if (!current.isRecent) {
        this.#bySender.delete(sender);
        this.#remove(current);
      }
      current.isRecent = false;
    }
  }

  #remove(met: MetStart): void {
    const words = wordsAt(met.start, 0);
    if (this.#byWords.get(words) === met) this.#byWords.delete(words);
  }
}

function senderIn(start: Buffer): ProcessId {
  return start.toString('hex', 0, SENDER_BYTES) as ProcessId;
}

/** Of the random bytes of sender and nonce. */
function wordsAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 4) ^ bytes.readInt32BE(at + NONCE_AT);
}
