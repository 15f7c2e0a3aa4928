import { FRAME_PREFIX_BYTES, headerBytesUnder, keyIdOf } from '../frame/frame.js';

export interface FrameTakers {
  /** How long the frame is that begins with a prefix; null where it is none that is read here. */
  readonly announcedBytes: (prefix: Buffer) => number | null;
  /** Is given each frame, in bytes of its own, or a prefix that announces none that is read here; false where it is no good. */
  readonly accept: (bytes: Buffer) => boolean;
  /** Is told how many bytes have come of a frame, which is filled beyond its header. */
  readonly arriving: (frame: Buffer, bytes: number) => void;
}

/** Cuts a stream into frames. Holds no more than one frame, whose announced length has been found sane. */
export class BulkReader {
  readonly #prefix = Buffer.alloc(FRAME_PREFIX_BYTES);
  /** The buffer being filled: for the prefix, then for the frame that it announces. */
  #target = this.#prefix;
  #filled = 0;
  /** Of the frame that is being filled. */
  #headerBytes = 0;

  constructor(private readonly takers: FrameTakers) {}

  /** Takes the next piece of the stream. False where the stream carries garbage and should be closed. */
  push(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.#target, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#target !== this.#prefix && this.#filled > this.#headerBytes) this.takers.arriving(this.#target, copied);
      if (this.#filled === this.#target.length && !this.#advance()) return false;
    }
    return true;
  }

  #advance(): boolean {
    const filled = this.#target;
    if (filled !== this.#prefix) {
      this.#target = this.#prefix;
      this.#filled = 0;
      return this.takers.accept(filled);
    }
    const length = this.takers.announcedBytes(filled);
    if (length === null) return this.takers.accept(filled);
    // Pages of an unsafe allocation are not touched before they are filled: announcing a frame costs its sender's bytes.
    this.#target = Buffer.allocUnsafeSlow(length);
    this.#headerBytes = headerBytesUnder(keyIdOf(filled));
    filled.copy(this.#target);
    return true;
  }
}
