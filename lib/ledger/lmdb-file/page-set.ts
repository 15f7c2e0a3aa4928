/** The pages of a data file that are accounted for: each may be used, or free, once. */
export class PageSet {
  readonly #bits: Uint8Array;
  readonly #filePages: number;
  readonly #lastPage: number;
  /** Pages that are free and have never been written, beyond the file's end: first and count. */
  readonly #beyond: (readonly [first: number, count: number])[] = [];

  constructor(filePages: number, lastPage: number) {
    this.#filePages = filePages;
    this.#lastPage = lastPage;
    this.#bits = new Uint8Array(Math.ceil(Math.min(filePages, lastPage + 1) / 8));
  }

  /** Accounts for `count` pages from `first` on, as used. Returns what is wrong with that, null if nothing. */
  use(first: number, count: number): string | null {
    if (first + count > this.#filePages) return `page ${first + count - 1} lies beyond the end of the file`;
    return this.free(first, count);
  }

  /** The same as free: they may lie beyond the end of the file. */
  free(first: number, count: number): string | null {
    if (first < 2 || count < 1 || first + count - 1 > this.#lastPage) {
      return `${count} pages from page ${first} on are none of the ${this.#lastPage + 1} that there are`;
    }
    if (first + count > this.#filePages) {
      const within = Math.max(0, this.#filePages - first);
      this.#beyond.push([first + within, count - within]);
      return within > 0 ? this.#mark(first, within) : null;
    }
    return this.#mark(first, count);
  }

  /** The fault of the pages beyond the end of the file, each of which must be free: null if there is none. */
  faultBeyondEnd(): string | null {
    let next = this.#filePages;
    for (const [first, count] of this.#beyond.sort(([a], [b]) => a - b)) {
      if (first !== next) break;
      next += count;
    }
    if (next > this.#lastPage) return null;
    return `it has been cut short: it has ${this.#filePages} pages, and page ${next} is missing`;
  }

  #mark(first: number, count: number): string | null {
    for (let page = first; page < first + count; page += 1) {
      const bits = this.#bits[page >>> 3] ?? 0;
      const mask = 1 << (page & 7);
      if (bits & mask) return `page ${page} has another use too`;
      this.#bits[page >>> 3] = bits | mask;
    }
    return null;
  }
}
