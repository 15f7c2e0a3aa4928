/** The states that the search has visited: under each key the sets of guesses, as bits, none of which contains another. */
export class Visited {
  readonly #sets = new Map<string, readonly bigint[]>();

  /** False where the same was visited with the same guesses or fewer: everything that can follow now could follow there. */
  admit(key: string, guesses: bigint): boolean {
    const known = this.#sets.get(key);
    if (known?.some((fewer) => (fewer & guesses) === fewer)) return false;
    const others = known?.filter((more) => (more & guesses) !== guesses) ?? [];
    this.#sets.set(key, [...others, guesses]);
    return true;
  }
}

/** The steps that the search has still to try: the highest level first, at one level the latest found. */
export class Frontier<T> {
  readonly #levels: readonly T[][];
  #top = 0;

  constructor(levels: number) {
    this.#levels = Array.from({ length: levels }, () => []);
  }

  push(level: number, item: T): void {
    this.#levels[level]?.push(item);
    this.#top = Math.max(this.#top, level);
  }

  pop(): T | null {
    for (; this.#top >= 0; this.#top -= 1) {
      const item = this.#levels[this.#top]?.pop();
      if (item !== undefined) return item;
    }
    return null;
  }
}
