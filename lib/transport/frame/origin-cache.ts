import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Nonce, Start } from '../../model/start.js';
import { BOOT_OFFSET, GROUP_OFFSET, INCARNATION_OFFSET, ORIGIN_BYTES, SENDER_OFFSET } from './frame.js';

/** Whose frame it is. */
export interface Origin {
  readonly sender: ProcessId;
  readonly group: GroupId;
  readonly start: Start;
}

interface Entry {
  /** The origin as it is in frames, in numbers of four bytes. */
  readonly words: Int32Array;
  readonly origin: Origin;
}

const ENTRIES_MAX = 256;

/** Origins for origins as bytes: the same few return for ever. */
export class OriginCache {
  readonly #entries = new Map<number, Entry>();

  /** The origin that begins at `at`. */
  read(frame: Buffer, at: number): Origin {
    const key = frame.readInt32BE(at + SENDER_OFFSET + 4) ^ frame.readInt32BE(at + BOOT_OFFSET);
    const entry = this.#entries.get(key);
    if (entry !== undefined && isSame(frame, at, entry.words)) return entry.origin;
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    const origin = originIn(frame.subarray(at, at + ORIGIN_BYTES));
    const words = Int32Array.from({ length: ORIGIN_BYTES / 4 }, (_, i) => frame.readInt32BE(at + 4 * i));
    this.#entries.set(key, { words, origin });
    return origin;
  }
}

function originIn(bytes: Buffer): Origin {
  return {
    sender: bytes.toString('hex', SENDER_OFFSET, INCARNATION_OFFSET) as ProcessId,
    group: bytes.toString('hex', GROUP_OFFSET, SENDER_OFFSET) as GroupId,
    start: {
      incarnation: bytes.readUInt32BE(INCARNATION_OFFSET),
      nonce: bytes.toString('hex', BOOT_OFFSET, ORIGIN_BYTES) as Nonce,
    },
  };
}

/** Word by word: for so few bytes a call into native code costs more, and this is on the path of every frame. */
function isSame(frame: Buffer, at: number, words: Int32Array): boolean {
  for (let i = 0; i < words.length; i += 1) if (frame.readInt32BE(at + 4 * i) !== words[i]) return false;
  return true;
}
