import type { ProcessId } from '../../model/ids.js';
import type { Arrival, TransportLog } from '../transport.js';
import { Assembly } from './assembly.js';
import { bytesOfFrame } from './frame.js';
import type { Advice, LaneMessage } from './lane-messages.js';

export interface IntakeOptions {
  /** Ticks. */
  readonly roundTripTo: (process: ProcessId) => number;
  readonly tell: (to: ProcessId, message: LaneMessage) => void;
  /** A large frame has been put together. False where it is no good. */
  readonly accept: (from: ProcessId, frame: Buffer) => boolean;
  readonly log: TransportLog;
}

/** A large frame that a sender has said to be on its way. */
interface Advised {
  readonly bytes: number;
  readonly partBytes: number;
  /** When it was advised first; minus infinity where it is for this process alone. */
  readonly since: number;
  /** A later one has come by the bulk lane, which keeps the order as long as a connection lives. */
  isOvertaken: boolean;
}

interface Sender {
  /** By id, in the order in which they were advised. */
  readonly advised: Map<string, Advised>;
  /** Large frames that have come of late. */
  readonly got: Set<string>;
  /** Since when nothing has come by the bulk lane although it is advised. */
  quietSince: number;
  /** The bulk lane brings nothing. */
  isMute: boolean;
  /** How long it may bring nothing before it is taken for mute. */
  patienceTicks: number;
  arrivedBytes: number;
  /** When the oldest was advised of what has arrived since it was last asked; null where nothing has. */
  arrivedSince: number | null;
}

/** A connection is opened, and begins to bring something, within so many ticks, or the time doubles. */
const MUTE_TICKS = 30;
const MUTE_TICKS_MAX = 240;

/** Of one sender. */
const ADVISED_MAX = 512;
const GOT_KEPT = 64;
const SENDERS_MAX = 64;

/**
 * The receiving half of large frames. A frame that is advised is waited for as long as the bulk lane brings anything;
 * where it brings nothing, the frame is asked for in parts, which come as datagrams. One frame at a time is put
 * together.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #senders = new Map<ProcessId, Sender>();
  #assembly: Assembly | null = null;
  #now = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  onAdvice(from: ProcessId, { id, partBytes, isForEveryone }: Advice): void {
    const { tell } = this.#options;
    const bytes = bytesOfFrame(id);
    const sender = this.#senderOf(from);
    if (bytes === null || sender === null) return;
    if (sender.got.has(id)) tell(from, { kind: 'got', id });
    else if (sender.advised.has(id)) {
      if (this.#isUnderWay(from, sender)) tell(from, { kind: 'coming' });
    } else if (sender.advised.size < ADVISED_MAX) {
      if (sender.advised.size === 0) sender.quietSince = this.#now;
      sender.advised.set(id, { bytes, partBytes, since: isForEveryone ? this.#now : -Infinity, isOvertaken: false });
      this.#assembleNext();
    }
  }

  onPart(from: ProcessId, id: string, part: number, bytes: Buffer): void {
    const assembly = this.#assembly;
    const sender = this.#senders.get(from);
    if (assembly?.sender !== from || assembly.id !== id || sender === undefined) return;
    this.#arrived(sender, id, bytes.length);
    assembly.onPart(part, bytes);
    if (!assembly.isComplete) return;
    // Where it is no good, its sender advises it again.
    if (!this.#options.accept(from, assembly.join())) this.onGone(from, id);
  }

  onGone(from: ProcessId, id: string): void {
    this.#senders.get(from)?.advised.delete(id);
    if (this.#assembly?.sender === from && this.#assembly.id === id) this.#assembly = null;
    this.#assembleNext();
  }

  /** Bytes of a large frame have come by the bulk lane. */
  onBulkBytes(from: ProcessId, id: string, bytes: number): void {
    const sender = this.#senderOf(from);
    if (sender === null) return;
    sender.quietSince = this.#now;
    this.#arrived(sender, id, bytes);
    if (!sender.isMute) return;
    sender.isMute = false;
    const assembly = this.#assembly;
    if (assembly?.sender === from && sender.advised.get(assembly.id)?.isOvertaken !== true) this.#assembly = null;
    sender.patienceTicks = Math.min(2 * sender.patienceTicks, MUTE_TICKS_MAX);
    this.#options.log.info({ process: from }, `What is large comes from process ${from} by TCP again.`);
  }

  /** A large frame is here, whichever way it has come. */
  onFrame(from: ProcessId, id: string): void {
    const sender = this.#senderOf(from);
    if (sender === null) return;
    sender.got.add(id);
    for (const oldest of sender.got) {
      if (sender.got.size <= GOT_KEPT) break;
      sender.got.delete(oldest);
    }
    const assembly = this.#assembly;
    const hasBeenAsked = assembly?.sender === from && assembly.id === id;
    if (hasBeenAsked) this.#assembly = null;
    if (sender.advised.has(id) && !(hasBeenAsked && assembly.isComplete)) {
      for (const [other, advised] of sender.advised) {
        if (other === id) break;
        advised.isOvertaken = true;
      }
    }
    sender.advised.delete(id);
    this.#options.tell(from, { kind: 'got', id });
    this.#assembleNext();
  }

  tick(): void {
    this.#now += 1;
    for (const [from, sender] of this.#senders) this.#judge(from, sender);
    const assembly = this.#assembly;
    if (assembly !== null) {
      assembly.tick(this.#options.roundTripTo(assembly.sender));
      if (assembly.isHopeless) {
        // The others that it has advised would each hold up all other senders for as long. If it lives it advises again.
        this.#senders.get(assembly.sender)?.advised.clear();
        this.onGone(assembly.sender, assembly.id);
      }
    }
    this.#assembleNext();
  }

  /** The senders of which something large has come since the last call, or is on its way. */
  takeArrivals(): Arrival[] {
    const arrivals: Arrival[] = [];
    for (const [from, sender] of this.#senders) {
      if (sender.arrivedSince === null && !this.#isUnderWay(from, sender)) continue;
      const since = sender.arrivedSince ?? sender.advised.values().next().value?.since ?? -Infinity;
      arrivals.push({ from, bytes: sender.arrivedBytes, agoTicks: this.#now - since });
      sender.arrivedBytes = 0;
      sender.arrivedSince = null;
    }
    return arrivals;
  }

  #arrived(sender: Sender, id: string, bytes: number): void {
    sender.arrivedBytes += bytes;
    sender.arrivedSince = Math.min(sender.arrivedSince ?? Infinity, sender.advised.get(id)?.since ?? -Infinity);
  }

  #isUnderWay(from: ProcessId, sender: Sender): boolean {
    if (sender.advised.size === 0) return false;
    const assembly = this.#assembly;
    // A frame whose parts do not come, perhaps because its sender was restarted, does not stop questions to others.
    if (assembly?.sender === from && assembly.isComing) return true;
    return !sender.isMute && !this.#isQuiet(from, sender);
  }

  #isQuiet(from: ProcessId, { quietSince, patienceTicks }: Sender): boolean {
    return this.#now - quietSince >= patienceTicks + this.#options.roundTripTo(from);
  }

  #judge(from: ProcessId, sender: Sender): void {
    if (sender.isMute || sender.advised.size === 0 || !this.#isQuiet(from, sender)) return;
    sender.isMute = true;
    this.#options.log.warn(
      { process: from, messages: sender.advised.size },
      `What is large does not come from process ${from} by TCP: it is fetched in parts, by datagrams. Check that TCP reaches this process from there.`,
    );
  }

  /** The oldest frame that the bulk lane does not bring. */
  #assembleNext(): void {
    if (this.#assembly !== null) return;
    for (const [from, { advised, isMute }] of this.#senders) {
      for (const [id, { bytes, partBytes, isOvertaken }] of advised) {
        if (!isMute && !isOvertaken) break;
        this.#assembly = new Assembly(from, id, bytes, partBytes, (parts) => {
          this.#options.tell(from, { kind: 'want', id, parts });
        });
        return;
      }
    }
  }

  #senderOf(from: ProcessId): Sender | null {
    const known = this.#senders.get(from);
    if (known !== undefined) return known;
    if (this.#senders.size >= SENDERS_MAX && !this.#forgetIdle()) return null;
    const sender: Sender = {
      advised: new Map(),
      got: new Set(),
      quietSince: this.#now,
      isMute: false,
      patienceTicks: MUTE_TICKS,
      arrivedBytes: 0,
      arrivedSince: null,
    };
    this.#senders.set(from, sender);
    return sender;
  }

  #forgetIdle(): boolean {
    for (const [from, { advised }] of this.#senders) {
      if (advised.size === 0) return this.#senders.delete(from);
    }
    return false;
  }
}
