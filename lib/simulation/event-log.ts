/** Something that must never happen, and who noticed. */
export interface Violation {
  readonly checker: string;
  readonly text: string;
  /** Virtual, since the beginning of the run. */
  readonly atUs: number;
}

/** Everything that happens in a world, as a digest; and, where somebody wants to read it, in words. */
export class EventLog {
  /** Until the violation, which is the last one; null where nobody wants to read them. */
  readonly lines: string[] | null;
  #events = 0;
  #low = 0x811c9dc5;
  #high = 0x1000193;
  #violation: Violation | null = null;

  constructor(
    readonly nowUs: () => number,
    isTraced: boolean,
  ) {
    this.lines = isTraced ? [] : null;
  }

  /** The first one; nothing that comes after it can be relied on. */
  get violation(): Violation | null {
    return this.#violation;
  }

  get events(): number {
    return this.#events;
  }

  /** Two runs of which this is the same have been the same, event by event. */
  get digest(): string {
    return [this.#events, this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** `value` is whatever tells this event from others at the same time, such as a checksum of what is sent. */
  note(who: string, what: string, value: number, words: () => string): void {
    this.#events += 1;
    this.#mix(this.nowUs());
    this.#mix(value);
    this.#mix(what.length * 256 + what.charCodeAt(0));
    this.#mix(who.length === 0 ? 0 : who.charCodeAt(who.length - 1));
    if (this.lines !== null && this.#violation === null) this.#write(who, `${what} ${words()}`);
  }

  violate(checker: string, text: string): void {
    if (this.#violation !== null) return;
    this.#violation = { checker, text, atUs: this.nowUs() };
    this.#write('', `VIOLATION (${checker}) ${text}`);
  }

  #write(who: string, text: string): void {
    this.lines?.push(`${(this.nowUs() / 1e6).toFixed(6).padStart(11)} ${who.padEnd(3)} ${text}`);
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ (value | 0), 0x85ebca6b);
    this.#low ^= this.#low >>> 15;
    this.#high = (Math.imul(this.#high, 0xc2b2ae35) ^ (value / 0x1_0000) ^ this.#low) | 0;
  }
}
