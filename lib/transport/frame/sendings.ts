import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import type { TransportLog, TransportStatistics } from '../transport.js';
import { type Frame, frameIdOf } from './frame.js';
import type { LargeFrame } from './frame-encoder.js';
import type { LaneMessage } from './lane-messages.js';
import type { Address } from './peers.js';

export interface SendingsOptions {
  /** How much of a frame one datagram can carry. */
  readonly partBytes: number;
  /** The tick at which anything of a process last came. */
  readonly heardAt: (process: ProcessId) => number;
  /** Where a process is reached: another object for each start of it that has been heard. */
  readonly whereIs: (process: ProcessId) => Address | undefined;
  /** Ticks. */
  readonly roundTripTo: (process: ProcessId) => number;
  readonly tell: (to: ProcessId, message: LaneMessage) => void;
  /** Lets what has been told leave. */
  readonly flush: () => void;
  readonly bulk: (to: ProcessId, frame: Frame) => void;
  readonly statistics: TransportStatistics;
  readonly log: TransportLog;
}

/** A large frame that its receiver has not confirmed. */
interface Held {
  readonly frame: Frame;
  /** As of `LargeFrame`. */
  readonly content: string;
  readonly where: Address;
  readonly bytes: number;
  readonly isForEveryone: boolean;
  readonly isOutdated: () => boolean;
  advisedAt: number;
  waitTicks: number;
}

/** A large frame that its receiver has confirmed. */
interface Confirmed {
  /** Where the receiver was reached: started again, it may have lost the frame. */
  readonly where: Address;
  readonly at: number;
}

interface Receiver {
  /** By id, oldest first. */
  readonly held: Map<string, Held>;
  /** The contents of these. */
  readonly heldContents: Set<string>;
  /** By content. */
  readonly confirmed: Map<string, Confirmed>;
  bytes: number;
  /** When it last sent a message about the frames held for it. */
  signAt: number;
  /** When it was given up: until it is heard again, large messages are not sent to it. */
  givenUpAt: number | null;
}

/** Advice is repeated after so many ticks, and then at growing intervals. */
const ADVICE_TICKS = 20;
const ADVICE_TICKS_MAX = 160;

/** So many of the frames held for one receiver are announced at a time. */
const ADVISED_MAX = 8;

/** Frames that one receiver has confirmed of late. */
const CONFIRMED_KEPT = 64;

/** Receivers for which anything is held. */
const RECEIVERS_MAX = 64;

/**
 * The sending half of large frames. Each frame leaves by the bulk lane and is kept until its receiver has confirmed it,
 * so that it is not sent again while a copy of it is still on its way, and can be asked for in parts where the bulk
 * lane does not deliver it. The frames that are kept for one receiver are bounded, and given up where the receiver says
 * nothing.
 */
export class Sendings {
  readonly #options: SendingsOptions;
  readonly #receivers = new Map<ProcessId, Receiver>();
  #now = 0;

  constructor(options: SendingsOptions) {
    this.#options = options;
  }

  /** Bytes on their way to a receiver. */
  bytesTo(to: ProcessId): number {
    return this.#receivers.get(to)?.bytes ?? 0;
  }

  /**
   * Sends a frame, unless the same one, or too much else, is on its way to that receiver; or, where it has not asked for it,
   * unless it has confirmed it of late.
   */
  send(to: ProcessId, where: Address, { content, frame: make, isOutdated }: LargeFrame, isForEveryone: boolean): void {
    const { statistics, heardAt, flush, bulk } = this.#options;
    const receiver = this.#receiverOf(to);
    if (receiver.givenUpAt !== null) {
      if (heardAt(to) <= receiver.givenUpAt) {
        statistics.unsent += 1;
        return;
      }
      receiver.givenUpAt = null;
    }
    const isConfirmed = isForEveryone && receiver.confirmed.get(content)?.where === where;
    if (receiver.heldContents.has(content) || isConfirmed) {
      statistics.notRepeated += 1;
      return;
    }
    if (receiver.bytes >= constants.bulkBytesMax) {
      statistics.unsent += 1;
      return;
    }
    const frame = make();
    const id = frameIdOf(frame[0] ?? new Uint8Array());
    const bytes = frame.reduce((sum, piece) => sum + piece.length, 0);
    if (receiver.held.size === 0) receiver.signAt = this.#now;
    const kept = { frame, content, where, bytes, isForEveryone, isOutdated };
    const held = { ...kept, advisedAt: this.#now, waitTicks: ADVICE_TICKS };
    receiver.held.set(id, held);
    receiver.heldContents.add(content);
    receiver.bytes += bytes;
    // First, so that its receiver can tell in which order frames were sent.
    this.#tellOf(to, id, held);
    flush();
    bulk(to, frame);
  }

  onGot(from: ProcessId, id: string): void {
    const receiver = this.#receivers.get(from);
    const held = receiver?.held.get(id);
    if (receiver === undefined || held === undefined) return;
    receiver.signAt = this.#now;
    remove(receiver, id, held);
    receiver.confirmed.set(held.content, { where: held.where, at: this.#now });
  }

  /** What is on its way to a process is lost: it asks for what it lacks. */
  drop(to: ProcessId): void {
    const receiver = this.#receivers.get(to);
    if (receiver === undefined) return;
    for (const [id, held] of receiver.held) this.#lose(receiver, id, held);
  }

  onComing(from: ProcessId): void {
    const receiver = this.#receivers.get(from);
    if (receiver !== undefined) receiver.signAt = this.#now;
  }

  onWant(from: ProcessId, id: string, parts: readonly number[]): void {
    const { partBytes, tell, statistics } = this.#options;
    const receiver = this.#receivers.get(from);
    const held = receiver?.held.get(id);
    if (receiver === undefined || held === undefined) {
      tell(from, { kind: 'gone', id });
      return;
    }
    receiver.signAt = this.#now;
    for (const part of parts) {
      const start = part * partBytes;
      if (start >= held.bytes) continue;
      statistics.partsSent += 1;
      tell(from, { kind: 'part', id, part, bytes: slice(held.frame, start, Math.min(held.bytes, start + partBytes)) });
    }
  }

  tick(): void {
    this.#now += 1;
    for (const [to, receiver] of this.#receivers) {
      this.#dropLost(receiver, this.#options.whereIs(to));
      const { held, confirmed, signAt, givenUpAt } = receiver;
      for (const [id, { at }] of confirmed) {
        if (confirmed.size <= CONFIRMED_KEPT && this.#now - at < constants.heldTicks) break;
        confirmed.delete(id);
      }
      if (held.size + confirmed.size === 0 && givenUpAt === null) this.#receivers.delete(to);
      else if (held.size > 0 && this.#now - signAt >= constants.heldTicks) this.#giveUp(to, receiver);
      else this.#advise(to, receiver);
    }
  }

  #receiverOf(to: ProcessId): Receiver {
    let receiver = this.#receivers.get(to);
    if (receiver === undefined) {
      for (const [other, { bytes }] of this.#receivers) {
        if (this.#receivers.size < RECEIVERS_MAX) break;
        this.#options.log.debug({ process: other, bytes }, 'Too many receivers of large messages: one is forgotten.');
        this.#receivers.delete(other);
      }
      receiver = newReceiver(this.#now, null);
      this.#receivers.set(to, receiver);
    }
    return receiver;
  }

  /**
   * Frames on their way to a former start of the receiver, and those under a key that is not sent with any more, are dropped: the
   * receiver asks for what it lacks. Otherwise one that has removed the key would fetch the same parts again and again.
   */
  #dropLost(receiver: Receiver, where: Address | undefined): void {
    for (const [id, held] of receiver.held) {
      const isForFormer = where !== undefined && held.where !== where;
      if (isForFormer || held.isOutdated()) this.#lose(receiver, id, held);
    }
  }

  #lose(receiver: Receiver, id: string, held: Held): void {
    remove(receiver, id, held);
    this.#options.statistics.unsent += 1;
  }

  #advise(to: ProcessId, { held }: Receiver): void {
    let advised = 0;
    for (const [id, one] of held) {
      if (advised === ADVISED_MAX) return;
      advised += 1;
      if (this.#now - one.advisedAt < one.waitTicks + this.#options.roundTripTo(to)) continue;
      one.advisedAt = this.#now;
      one.waitTicks = Math.min(2 * one.waitTicks, ADVICE_TICKS_MAX);
      this.#tellOf(to, id, one);
    }
  }

  #tellOf(to: ProcessId, id: string, { isForEveryone }: Held): void {
    this.#options.tell(to, { kind: 'advice', id, partBytes: this.#options.partBytes, isForEveryone });
  }

  /** Stopped, cut off or gone: if it comes back, it asks for what it lacks. */
  #giveUp(to: ProcessId, receiver: Receiver): void {
    const { statistics, log } = this.#options;
    const { size: messages } = receiver.held;
    const { bytes } = receiver;
    this.#receivers.set(to, newReceiver(this.#now, this.#now));
    statistics.unsent += messages;
    log.warn(
      { process: to, messages, bytes },
      `Process ${to} has confirmed nothing for ${(constants.heldTicks * constants.tickMs) / 1000} s: what is large was given up for it. Check that it runs and that UDP and TCP reach it.`,
    );
  }
}

function remove(receiver: Receiver, id: string, { content, bytes }: Held): void {
  receiver.held.delete(id);
  receiver.heldContents.delete(content);
  receiver.bytes -= bytes;
}

function newReceiver(signAt: number, givenUpAt: number | null): Receiver {
  return { held: new Map(), heldContents: new Set(), confirmed: new Map(), bytes: 0, signAt, givenUpAt };
}

/** The bytes of a frame from `start` on and below `end`. */
function slice(frame: Frame, start: number, end: number): Buffer {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const piece of frame) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, piece.length);
    if (from < to) pieces.push(piece.subarray(from, to));
    at += piece.length;
  }
  return Buffer.concat(pieces, end - start);
}
