import { fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** As large as a file is made: room for some minutes, then it begins anew. */
const FILE_BYTES = 16 * 1024 * 1024;

/**
 * A file that is written piece after piece, each synced. It is filled with zeros before: a sync then writes the data and
 * nothing else, where a file that grows has its length and its blocks written as well.
 */
export class SyncedFile {
  readonly #fd: number;
  #at = 0;

  /** `pieceBytes` is the longest piece. */
  constructor(
    path: string,
    private readonly pieceBytes: number,
  ) {
    this.#fd = openSync(path, 'wx');
    writeSync(this.#fd, Buffer.alloc(FILE_BYTES));
    fsyncSync(this.#fd);
  }

  /** Returns when the piece is on the disk. */
  write(piece: Uint8Array): void {
    writeSync(this.#fd, piece, 0, piece.length, this.#at);
    fdatasyncSync(this.#fd);
    this.#at += piece.length;
    if (this.#at + this.pieceBytes > FILE_BYTES) this.#at = 0;
  }
}
