/** Datagrams that wait for the link, in bytes, before further ones are lost, as in a router. */
const BUFFER_BYTES = 256 * 1024;

/** When the first and the last byte of something have crossed a link. */
export interface Crossing {
  readonly beginsUs: number;
  readonly endsUs: number;
}

/**
 * A link with a bandwidth. Datagrams go before what is in bulk, which gives way to them, and are lost where too many wait;
 * what is in bulk waits for as long as it takes.
 */
export class SlowLink {
  #datagramsUntilUs = 0;
  #bulkUntilUs = 0;

  constructor(private readonly bytesPerSecond: number) {}

  /** When the datagram has crossed; null where it is lost. */
  datagram(bytes: number, nowUs: number): number | null {
    const waitsUs = Math.max(0, this.#datagramsUntilUs - nowUs);
    if (waitsUs > this.#usOf(BUFFER_BYTES)) return null;
    const takesUs = this.#usOf(bytes);
    this.#datagramsUntilUs = nowUs + waitsUs + takesUs;
    this.#bulkUntilUs = Math.max(this.#bulkUntilUs, nowUs) + takesUs;
    return this.#datagramsUntilUs;
  }

  bulk(bytes: number, nowUs: number): Crossing {
    const beginsUs = Math.max(this.#bulkUntilUs, nowUs);
    this.#bulkUntilUs = beginsUs + this.#usOf(bytes);
    return { beginsUs, endsUs: this.#bulkUntilUs };
  }

  #usOf(bytes: number): number {
    return Math.ceil((bytes * 1e6) / this.bytesPerSecond);
  }
}
