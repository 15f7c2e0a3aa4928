import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

import { type Frame, TAG_BYTES } from './frame.js';
import { derivedKey } from './key-ring.js';
import { SMALL_TEXT_BYTES_MAX, SmallCipher } from './small-cipher.js';

export const NONCE_BYTES = 12;

const LARGE = 'aes-256-gcm';
const LARGE_OPTIONS = { authTagLength: TAG_BYTES } as const;

let loading: Promise<SmallCipher> | null = null;
let small: SmallCipher | null = null;

/** Resolves when frames can be sealed and opened under keys: for once in a process. */
export async function loadCiphers(): Promise<void> {
  loading ??= SmallCipher.load();
  small = await loading;
}

function smallCipher(): SmallCipher {
  if (small === null) throw new Error('No frame can be sealed or opened under a key before loadCiphers has resolved.');
  return small;
}

/**
 * Seals and opens the frames of one start of one process: what its messages take is the _text_. A short one is encrypted by
 * ChaCha20-Poly1305, a longer one by AES-256-GCM, each under a derived key of its own, with the same nonces and tags of one length.
 */
export class FrameKey {
  #small: Uint8Array | null = null;
  #large: KeyObject | null = null;

  /** `ringKey`: what the keys are derived from, when each is needed. `start` as of `derivedKey`. */
  constructor(
    readonly ringKey: KeyObject,
    private readonly queueId: string,
    private readonly start: Uint8Array,
  ) {}

  /**
   * The frame with its text, which begins at `from` of the first piece, encrypted: in place where it is short and stands in
   * that piece alone. Its tag is written to `tag`.
   */
  seal(nonce: Buffer, covered: Buffer, frame: Frame, from: number, tag: Buffer): Frame {
    const [first, second] = frame;
    if (first !== undefined && second === undefined && first.length - from <= SMALL_TEXT_BYTES_MAX) {
      smallCipher().seal(this.#smallKey, nonce, covered, first.subarray(from), tag);
      return frame;
    }
    const cipher = createCipheriv(LARGE, this.#largeKey, nonce, LARGE_OPTIONS);
    cipher.setAAD(covered);
    const sealed: Uint8Array[] = [];
    for (const piece of frame) {
      if (sealed.length > 0) sealed.push(cipher.update(piece));
      else sealed.push(piece.subarray(0, from), cipher.update(piece.subarray(from)));
    }
    cipher.final();
    tag.set(cipher.getAuthTag());
    return sealed;
  }

  /** The text of a frame; null where the tag does not fit. */
  open(nonce: Buffer, covered: Buffer, text: Buffer, tag: Buffer): Buffer | null {
    if (text.length <= SMALL_TEXT_BYTES_MAX) return smallCipher().open(this.#smallKey, nonce, covered, text, tag);
    const decipher = createDecipheriv(LARGE, this.#largeKey, nonce, LARGE_OPTIONS);
    decipher.setAuthTag(tag);
    decipher.setAAD(covered);
    const opened = decipher.update(text);
    try {
      decipher.final();
      return opened;
    } catch {
      return null; // The tag does not fit.
    }
  }

  get #smallKey(): Uint8Array {
    return (this.#small ??= derivedKey(this.ringKey, 'short frames', this.queueId, this.start).export());
  }

  get #largeKey(): KeyObject {
    return (this.#large ??= derivedKey(this.ringKey, 'frames', this.queueId, this.start));
  }
}
