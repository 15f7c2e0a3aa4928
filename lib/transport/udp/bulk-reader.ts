import { announcedBytes, FRAME_HEADER_BYTES } from '../frame/frame.js';

/** Cuts a stream into frames. Holds no more than one frame, whose announced length has been found sane. */
export class BulkReader {
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  /** What is being filled: the header, then the frame that it announces. */
  #target = this.#header;
  #filled = 0;

  /**
   * `accept` is given each frame, in bytes of its own, or a header that announces none; false where it is no good. `arriving`
   * is told of what has come of a frame, which begins with a header.
   */
  constructor(
    private readonly accept: (bytes: Buffer) => boolean,
    private readonly arriving: (header: Buffer, bytes: number) => void = () => undefined,
  ) {}

  /** Takes the next piece of the stream. False where the stream carries garbage and should be closed. */
  push(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.#target, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#target !== this.#header) this.arriving(this.#header, copied);
      if (this.#filled === this.#target.length && !this.#advance()) return false;
    }
    return true;
  }

  #advance(): boolean {
    const filled = this.#target;
    if (filled !== this.#header) {
      this.#target = this.#header;
      this.#filled = 0;
      return this.accept(filled);
    }
    const length = announcedBytes(filled);
    if (length === null) return this.accept(filled);
    // Pages of an unsafe allocation are not touched before they are filled: announcing a frame costs its sender's bytes.
    this.#target = Buffer.allocUnsafeSlow(length);
    filled.copy(this.#target);
    return true;
  }
}
