import type { ProcessId } from '../../model/ids.js';
import { PARTS_ASKED_MAX } from './lane-messages.js';

/** Parts that are asked for at first; twice as many each time that all have come. */
const PARTS_AT_FIRST = 4;
/** On their way at one time: far less than a receiver's buffer. */
const BYTES_ASKED_MAX = 512 * 1024;
/** The first wait for parts, which doubles as long as none comes. */
const PART_TICKS = 10;
const PART_TICKS_MAX = 100;
/** Without a part for so long it is given up: its sender may have it no longer. */
const GIVE_UP_TICKS = 500;

/** A large frame that is put together from parts, which its receiver asks for: as many at a time as have come before. */
export class Assembly {
  readonly #parts: (Buffer | undefined)[];
  readonly #asked = new Set<number>();
  readonly #partsAskedMax: number;
  #missing: number;
  /** No part below is missing. */
  #lowest = 0;
  #window = PARTS_AT_FIRST;
  #waitTicks = PART_TICKS;
  #quietTicks = 0;
  #silentTicks = 0;

  constructor(
    readonly sender: ProcessId,
    readonly id: string,
    private readonly bytes: number,
    private readonly partBytes: number,
    private readonly want: (parts: readonly number[]) => void,
  ) {
    this.#missing = Math.ceil(bytes / partBytes);
    this.#parts = new Array<Buffer | undefined>(this.#missing);
    this.#partsAskedMax = Math.max(1, Math.min(PARTS_ASKED_MAX, Math.floor(BYTES_ASKED_MAX / partBytes)));
    this.#ask();
  }

  get isComplete(): boolean {
    return this.#missing === 0;
  }

  /** Whether no process sends the missing parts. */
  get isHopeless(): boolean {
    return this.#silentTicks >= GIVE_UP_TICKS;
  }

  /** Whether parts are still to be expected: one has come, or was first asked for, not long ago. */
  get isComing(): boolean {
    return this.#silentTicks < PART_TICKS_MAX;
  }

  /** The whole frame. */
  join(): Buffer {
    return Buffer.concat(this.#parts as Buffer[], this.bytes);
  }

  onPart(part: number, bytes: Buffer): void {
    const start = part * this.partBytes;
    if (start >= this.bytes || this.#parts[part] !== undefined) return;
    if (bytes.length !== Math.min(this.partBytes, this.bytes - start)) return;
    this.#parts[part] = bytes;
    this.#missing -= 1;
    this.#quietTicks = 0;
    this.#silentTicks = 0;
    this.#waitTicks = PART_TICKS;
    this.#asked.delete(part);
    if (this.#asked.size > 0 || this.#missing === 0) return;
    this.#window = Math.min(2 * this.#window, this.#partsAskedMax);
    this.#ask();
  }

  /** Ticks that a question and the parts are under way. */
  tick(roundTripTicks: number): void {
    this.#quietTicks += 1;
    this.#silentTicks += 1;
    if (this.#quietTicks < this.#waitTicks + roundTripTicks) return;
    // Some were lost: fewer at a time, and the silence that is taken for a loss grows until one comes.
    this.#window = Math.max(1, this.#window >> 1);
    this.#waitTicks = Math.min(2 * this.#waitTicks, PART_TICKS_MAX);
    this.#quietTicks = 0;
    this.#asked.clear();
    this.#ask();
  }

  #ask(): void {
    while (this.#lowest < this.#parts.length && this.#parts[this.#lowest] !== undefined) this.#lowest += 1;
    const count = Math.min(this.#window, this.#partsAskedMax);
    for (let part = this.#lowest; part < this.#parts.length && this.#asked.size < count; part += 1)
      if (this.#parts[part] === undefined) this.#asked.add(part);
    this.want([...this.#asked]);
  }
}
