import { FRAME_PREFIX_BYTES } from '../frame/frame.js';
import { headerBytesOf, readableBytes } from '../frame/frame-decoder.js';

/** Cuts a stream into frames. Holds no more than one frame, whose announced length has been found sane. */
export class BulkReader {
  readonly #prefix = Buffer.alloc(FRAME_PREFIX_BYTES);
  /** The buffer being filled: for the prefix, then for the frame that it announces. */
  #target = this.#prefix;
  #filled = 0;
  /** Of the frame that is being filled. */
  #headerBytes = 0;

  /**
   * `accept` is given each frame, in bytes of its own, or a prefix that announces none that could be read; false where it is no
   * good. `arriving` is told how many bytes have come of a frame, which is filled beyond its header.
   */
  constructor(
    private readonly accept: (bytes: Buffer) => boolean,
    private readonly arriving: (frame: Buffer, bytes: number) => void = () => undefined,
  ) {}

  /** Takes the next piece of the stream. False where the stream carries garbage and should be closed. */
  push(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.#target, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#target !== this.#prefix && this.#filled > this.#headerBytes) this.arriving(this.#target, copied);
      if (this.#filled === this.#target.length && !this.#advance()) return false;
    }
    return true;
  }

  #advance(): boolean {
    const filled = this.#target;
    if (filled !== this.#prefix) {
      this.#target = this.#prefix;
      this.#filled = 0;
      return this.accept(filled);
    }
    const length = readableBytes(filled);
    if (length === null) return this.accept(filled);
    // Pages of an unsafe allocation are not touched before they are filled: announcing a frame costs its sender's bytes.
    this.#target = Buffer.allocUnsafeSlow(length);
    this.#headerBytes = headerBytesOf(filled);
    filled.copy(this.#target);
    return true;
  }
}
