/** The size of a page: so many are copied quickly while an array of them grows. */
const PAGE_BITS = 15;
const PAGE_OBJECTS = 2 ** PAGE_BITS;

/** Objects by number, in pages: growing a single array of millions would copy all of it at once. */
export class ObjectList {
  readonly #pages: object[][] = [];
  #latest: object[] = [];
  #size = 0;

  push(object: object): void {
    if ((this.#size & (PAGE_OBJECTS - 1)) === 0) this.#pages.push((this.#latest = []));
    this.#latest.push(object);
    this.#size += 1;
  }

  get(place: number): object | undefined {
    if (place >= this.#size) return undefined;
    return this.#pages[place >>> PAGE_BITS]?.[place & (PAGE_OBJECTS - 1)];
  }
}
