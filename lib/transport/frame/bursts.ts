import type { ProcessId } from '../../model/ids.js';
import { sameStart, type Start } from '../../model/start.js';
import { type Fragment, type LaneMessage, PARTS_ASKED_MAX } from './lane-messages.js';

/** Messages that have left are kept for so long, as far as there is room: a receiver may lack a part. */
const KEPT_TICKS = 100;
const KEPT_BYTES_MAX = 2 * 1024 * 1024;

interface Kept {
  readonly message: Uint8Array;
  readonly at: number;
}

/** The sending half of messages that are larger than a datagram and smaller than what is worth the bulk lane. */
export class OutgoingBursts {
  readonly #kept = new Map<number, Kept>();
  #keptBytes = 0;
  #next = 0;
  #now = 0;

  /** `partBytes`: of a message that one fragment carries at most. */
  constructor(private readonly partBytes: number) {}

  /** All parts of a message, in order. The message must not be changed afterwards. */
  *fragmentsOf(message: Uint8Array): Iterable<Fragment> {
    const burst = this.#next;
    this.#next = (this.#next + 1) % 2 ** 32;
    this.#kept.set(burst, { message, at: this.#now });
    this.#keptBytes += message.length;
    this.#forget();
    for (let part = 0; part * this.partBytes < message.length; part += 1)
      yield fragmentOf(message, burst, part, this.partBytes);
  }

  /** Parts that a receiver lacks, as far as they are still here. */
  *again(burst: number, parts: readonly number[]): Iterable<Fragment> {
    const message = this.#kept.get(burst)?.message;
    if (message === undefined) return;
    for (const part of parts)
      if (part * this.partBytes < message.length) yield fragmentOf(message, burst, part, this.partBytes);
  }

  tick(): void {
    this.#now += 1;
    this.#forget();
  }

  #forget(): void {
    for (const [burst, { message, at }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES_MAX && this.#now - at < KEPT_TICKS) return;
      this.#kept.delete(burst);
      this.#keptBytes -= message.length;
    }
  }
}

function fragmentOf(message: Uint8Array, burst: number, part: number, partBytes: number): Fragment {
  const bytes = message.subarray(part * partBytes, (part + 1) * partBytes);
  return { kind: 'fragment', burst, part, partBytes, messageBytes: message.length, bytes };
}

/** After so long without a further part the missing ones are asked for; then after twice as long and a round trip, and so on. */
const ASK_TICKS = 2;
const ASKED_TIMES_MAX = 4;

/** Of one sender. */
const UNFINISHED_MAX = 64;
const UNFINISHED_BYTES_MAX = 1024 * 1024;
const FINISHED_KEPT = 128;

/** Of all senders together. */
const SENDERS_MAX = 256;
const ALL_BYTES_MAX = 48 * 1024 * 1024;

/** A message of which not all parts are here. */
interface Unfinished {
  readonly message: Buffer;
  readonly partBytes: number;
  /** By number of the part: 1 where it is here. */
  readonly has: Uint8Array;
  missing: number;
  lastAt: number;
  asked: number;
}

interface Sender {
  readonly start: Start;
  readonly unfinished: Map<number, Unfinished>;
  /** Of late, oldest first. */
  readonly finished: Set<number>;
  bytes: number;
  /** The number of its latest part, of all that have come. */
  latest: number;
}

/**
 * Puts messages together of which the parts come by themselves, and asks for those that do not come. Where there is no room for
 * another sender, the one is forgotten that has sent nothing for longest, and first those that have nothing unfinished.
 */
export class IncomingBursts {
  readonly #senders = new Map<ProcessId, Sender>();
  #bytes = 0;
  #parts = 0;
  #now = 0;

  /** `roundTripTo`: in ticks. */
  constructor(
    private readonly tell: (to: ProcessId, message: LaneMessage) => void,
    private readonly roundTripTo: (process: ProcessId) => number,
  ) {}

  /** The whole message, where this was the last of its parts. */
  take(from: ProcessId, start: Start, { burst, part, partBytes, messageBytes, bytes }: Fragment): Buffer | null {
    const sender = this.#senderOf(from, start);
    this.#parts += 1;
    sender.latest = this.#parts;
    if (sender.finished.has(burst)) return null;
    const offset = part * partBytes;
    if (offset >= messageBytes || bytes.length !== Math.min(partBytes, messageBytes - offset)) return null;
    const one = sender.unfinished.get(burst) ?? this.#begin(sender, burst, messageBytes, partBytes);
    if (one.message.length !== messageBytes || one.partBytes !== partBytes || one.has[part] === 1) return null;
    one.message.set(bytes, offset);
    one.has[part] = 1;
    one.missing -= 1;
    one.lastAt = this.#now;
    if (one.missing > 0) return null;
    this.#end(sender, burst, one);
    return one.message;
  }

  tick(): void {
    this.#now += 1;
    for (const [from, sender] of this.#senders) {
      for (const [burst, one] of sender.unfinished) {
        const answersTicks = one.asked * this.roundTripTo(from);
        if (this.#now - one.lastAt < (ASK_TICKS << one.asked) + answersTicks) continue;
        if (one.asked === ASKED_TIMES_MAX) this.#end(sender, burst, one);
        else this.#ask(from, burst, one);
      }
    }
  }

  #ask(from: ProcessId, burst: number, one: Unfinished): void {
    one.asked += 1;
    const parts: number[] = [];
    for (let part = 0; part < one.has.length && parts.length < PARTS_ASKED_MAX; part += 1)
      if (one.has[part] === 0) parts.push(part);
    this.tell(from, { kind: 'again', burst, parts });
  }

  #begin(sender: Sender, burst: number, messageBytes: number, partBytes: number): Unfinished {
    const parts = Math.ceil(messageBytes / partBytes);
    const one: Unfinished = {
      message: Buffer.allocUnsafeSlow(messageBytes),
      partBytes,
      has: new Uint8Array(parts),
      missing: parts,
      lastAt: this.#now,
      asked: 0,
    };
    sender.unfinished.set(burst, one);
    sender.bytes += messageBytes;
    this.#bytes += messageBytes;
    for (const [oldest, other] of sender.unfinished) {
      if (sender.unfinished.size <= UNFINISHED_MAX && sender.bytes <= UNFINISHED_BYTES_MAX) break;
      this.#end(sender, oldest, other);
    }
    while (this.#bytes > ALL_BYTES_MAX) this.#forgetOne((other) => other.bytes > 0);
    return one;
  }

  /** It is whole, or given up. */
  #end(sender: Sender, burst: number, { message }: Unfinished): void {
    sender.unfinished.delete(burst);
    sender.bytes -= message.length;
    this.#bytes -= message.length;
    sender.finished.add(burst);
    for (const oldest of sender.finished) {
      if (sender.finished.size <= FINISHED_KEPT) break;
      sender.finished.delete(oldest);
    }
  }

  /** Each start of a process counts from the beginning. */
  #senderOf(from: ProcessId, start: Start): Sender {
    const known = this.#senders.get(from);
    if (known !== undefined && sameStart(known.start, start)) return known;
    if (known !== undefined) this.#forget(from, known);
    const isIdle = ({ unfinished }: Sender): boolean => unfinished.size === 0;
    if (this.#senders.size >= SENDERS_MAX && !this.#forgetOne(isIdle)) this.#forgetOne(() => true);
    const sender: Sender = { start, unfinished: new Map(), finished: new Set(), bytes: 0, latest: 0 };
    this.#senders.set(from, sender);
    return sender;
  }

  /** The one that has sent nothing for longest of those that `may` be forgotten; false where there is none. */
  #forgetOne(may: (sender: Sender) => boolean): boolean {
    let found: readonly [ProcessId, Sender] | null = null;
    for (const entry of this.#senders)
      if (may(entry[1]) && entry[1].latest < (found?.[1].latest ?? Infinity)) found = entry;
    if (found === null) return false;
    this.#forget(...found);
    return true;
  }

  #forget(from: ProcessId, { bytes }: Sender): void {
    this.#senders.delete(from);
    this.#bytes -= bytes;
  }
}
