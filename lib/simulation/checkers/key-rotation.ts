import { isOfEngine } from '../../model/batch.js';
import type { ProcessId } from '../../model/ids.js';
import { FIRST_KEY_STATE, type KeyRecord } from '../../model/keys.js';
import type { LedgerRecord, LedgerSnapshot } from '../../model/records.js';
import type { WireMessage } from '../../paxos/wire/routes.js';
import { unpackKeyChange } from '../../sequence/key-change.js';
import { ADMISSION_BYTES } from '../../transport/frame/admission-messages.js';
import {
  headerBytesUnder,
  keyIdOf,
  MESSAGE_HEADER_BYTES,
  originAtUnder,
  SENDER_BYTES,
  SENDER_OFFSET,
} from '../../transport/frame/frame.js';
import { isAddressed } from '../../transport/frame/seal.js';
import type { Onlooker, Sending } from '../../transport/memory/memory-network.js';
import type { SimulatedKeyFile } from '../key-file.js';

/** What the checker asks of the world. */
interface Surroundings {
  readonly nowUs: number;
  readonly nameOf: (id: ProcessId) => string;
}

interface Hearing {
  /** When this was heard first, without a pause since that counts. */
  sinceUs: number;
  lastUs: number;
}

/** A start of a process, by its place on the network. */
interface Start {
  /** The key that was first in its file. */
  readonly first: number;
  /** By sender. */
  readonly heard: Map<ProcessId, Hearing>;
  /** When it heard another member last. */
  lastHeardUs: number;
  /** It has heard no other for so long that it may have tried its keys in turn. */
  mayHaveTried: boolean;
}

/** A process that is heard again within this time counts as heard all the while; the product waits twice as long. */
const PAUSE_US = 800_000;
/** The time from a decision to hear a process to what rests on it. */
const NOTICE_US = 100_000;

/**
 * Checks that keys change as the rules say. One sequence of states; a disk never goes back in it. A key that is removed, as the
 * disk of a process has it, neither seals nor opens there. A key is used, unless that is forced, only if no member that is heard
 * lacks it, and seals before only where a process has tried all its keys, or replies to another that seals with it. A removal, unless
 * it is forced, leaves no member without the state in which the other key is used.
 */
export class KeyRotation implements Onlooker {
  readonly #states = new Map<number, KeyRecord>();
  /** By process: the latest state on its disk. */
  readonly #onDisk = new Map<ProcessId, KeyRecord>();
  /** The members of each view, by its number, and where it was decided. */
  readonly #views = new Map<number, { readonly decidedAt: number; readonly members: readonly ProcessId[] }>();
  readonly #starts = new Map<number, Start>();
  readonly #placeOf = new Map<ProcessId, number>();
  /** Disks that are lost or not what they were: their processes do not come back as these members. */
  readonly #gone = new Set<ProcessId>();
  /** Uses that operators wait for, by process and key: since when. */
  readonly #asked = new Map<string, number>();
  readonly #everAsked = new Set<number>();
  readonly #proposed = new Set<string>();
  /** By key: the places on the network at which it has sealed other frames than replies. */
  readonly #sealing = new Map<number, Set<number>>();
  #isForced = false;

  constructor(
    private readonly world: Surroundings,
    /** The file of keys of the process that has this id; undefined where there is none by now. */
    private readonly keyFileOf: (id: ProcessId) => SimulatedKeyFile | undefined,
    private readonly report: (text: string) => void,
  ) {}

  /** From now on an operator forces changes, and answers for whom they leave behind. */
  forces(): void {
    this.#isForced = true;
  }

  /** An operator asks a process to use a key. Returns a function to be called when the wait is over. */
  asksToUse(process: ProcessId, id: number): () => void {
    const asked = this.#askOf(process, id);
    this.#everAsked.add(id);
    if (this.#asked.has(asked)) return () => undefined;
    this.#asked.set(asked, this.world.nowUs);
    return () => this.#asked.delete(asked);
  }

  /** Whether a process that reads these keys may have to stop: a key that may be in use is not among them. */
  mayStop(held: readonly number[]): boolean {
    const { removedUpTo } = [...this.#states.values()].at(-1) ?? FIRST_KEY_STATE;
    return this.#isForced || [...this.#everAsked].some((id) => id > removedUpTo && !held.includes(id));
  }

  /** The disk is gone, or holds no longer what it held. */
  retires(id: ProcessId): void {
    this.#gone.add(id);
  }

  durable(id: ProcessId, records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind !== 'view') continue;
      const { view, from } = record.record;
      const decidedAt = view.number === 0 ? -1 : from - record.borderInstances;
      this.#views.set(view.number, { decidedAt, members: view.members });
    }
    for (const record of records) {
      if (record.kind === 'dissolution') this.#views.clear();
      if (record.kind === 'keys') this.#becomes(id, record.record);
    }
  }

  loads(id: ProcessId, { keys }: LedgerSnapshot, isPutBack: boolean): void {
    const held = keys.at(-1);
    const written = this.#onDisk.get(id);
    if (isPutBack) {
      this.#gone.add(id);
      if (held === undefined) this.#onDisk.delete(id);
      else this.#onDisk.set(id, held);
    } else if (held?.number !== written?.number)
      this.report(
        `${this.world.nameOf(id)} starts with state ${held?.number ?? 0} of the keys, and ${written?.number ?? 0} was written`,
      );
  }

  says(id: ProcessId, message: WireMessage): void {
    if (message.kind !== 'propose' && message.kind !== 'batch') return;
    const { batch } = message;
    if (!isOfEngine(batch.id) || !batch.id.startsWith(id) || this.#proposed.has(batch.id)) return;
    this.#proposed.add(batch.id);
    const change = unpackKeyChange(batch.body);
    if (change?.action === 'use') this.#checkUse(id, change.id);
  }

  sent(frame: Buffer, { from, port }: Sending): void {
    const { nowUs, nameOf } = this.world;
    let start = this.#starts.get(port);
    if (start === undefined) {
      const [first = 0] = this.keyFileOf(from)?.idsRead ?? [];
      start = { first, heard: new Map(), lastHeardUs: nowUs, mayHaveTried: false };
      this.#starts.set(port, start);
      this.#placeOf.set(from, port);
    }
    if (nowUs - start.lastHeardUs > PAUSE_US) start.mayHaveTried = true;
    const key = keyIdOf(frame);
    const who = nameOf(from);
    const removedUpTo = this.#onDisk.get(from)?.removedUpTo ?? 0;
    if (key <= removedUpTo) this.report(`${who} seals with key ${key}, and has keys up to ${removedUpTo} removed`);
    const isUsual = key === start.first || this.#everAsked.has(key) || start.mayHaveTried;
    if (!isUsual && !(isReply(frame) && this.#isSealingElsewhere(key, port)))
      this.report(`${who} seals with key ${key}, which nobody has asked for`);
    if (!isReply(frame)) this.#sealing.set(key, (this.#sealing.get(key) ?? new Set()).add(port));
  }

  taken(by: ProcessId, port: number, frame: Buffer): void {
    const { nowUs, nameOf } = this.world;
    const key = keyIdOf(frame);
    const sender = senderOf(frame);
    const removedUpTo = this.#onDisk.get(by)?.removedUpTo ?? 0;
    if (key <= removedUpTo)
      this.report(
        `${nameOf(by)} takes a frame of ${nameOf(sender)} under key ${key}, and has keys up to ${removedUpTo} removed`,
      );
    const start = this.#starts.get(port);
    if (start === undefined) return;
    const heard = start.heard.get(sender);
    if (heard === undefined || nowUs - heard.lastUs > PAUSE_US)
      start.heard.set(sender, { sinceUs: nowUs, lastUs: nowUs });
    else heard.lastUs = nowUs;
    if (!this.#isMemberThroughout(sender)) return;
    if (nowUs - start.lastHeardUs > PAUSE_US) start.mayHaveTried = true;
    start.lastHeardUs = nowUs;
  }

  unfit(): void {
    // `SealedFrames` looks at seals.
  }

  /** Whether a frame that can be replied to under that key has come from another place. */
  #isSealingElsewhere(key: number, port: number): boolean {
    return [...(this.#sealing.get(key) ?? [])].some((place) => place !== port);
  }

  #becomes(id: ProcessId, record: KeyRecord): void {
    const known = this.#states.get(record.number);
    const who = this.world.nameOf(id);
    if (known === undefined) {
      this.#states.set(record.number, record);
      this.#checkRemoval(record);
    } else if (!isSame(known, record))
      this.report(`state ${record.number} of the keys is another at ${who} than elsewhere`);
    const before = this.#onDisk.get(id)?.number ?? 0;
    if (record.number <= before) this.report(`${who} writes state ${record.number} of the keys after state ${before}`);
    this.#onDisk.set(id, record);
  }

  #checkRemoval({ number, decidedAt, sendingId, removedUpTo }: KeyRecord): void {
    const former = this.#states.get(number - 1);
    if (this.#isForced || former === undefined || former.removedUpTo === removedUpTo) return;
    const views = [...this.#views.values()].filter((view) => view.decidedAt < decidedAt);
    const { members } = views.reduce((a, b) => (a.decidedAt > b.decidedAt ? a : b), NO_VIEW);
    for (const member of members) {
      if (this.#gone.has(member)) continue;
      const held = this.#onDisk.get(member)?.number ?? 0;
      const file = this.keyFileOf(member)?.ids ?? [];
      if (held < number - 1 || !file.includes(sendingId ?? 0))
        this.report(
          `keys up to ${removedUpTo} are removed at ${decidedAt}, and ${this.world.nameOf(member)} is in state ${held} with keys ${file.join(', ')}`,
        );
    }
  }

  /** A member lacks the key that has been heard all the while since the process was asked. */
  #checkUse(id: ProcessId, key: number): void {
    const { nowUs, nameOf } = this.world;
    const askedUs = this.#asked.get(this.#askOf(id, key));
    const start = this.#starts.get(this.#placeOf.get(id) ?? 0);
    if (this.#isForced || askedUs === undefined || start === undefined) return;
    for (const [other, { sinceUs, lastUs }] of start.heard) {
      const isHeard = sinceUs < askedUs - NOTICE_US && nowUs - lastUs < PAUSE_US;
      if (!isHeard || !this.#isMemberThroughout(other) || this.keyFileOf(other)?.ids.includes(key) !== false) continue;
      this.report(`${nameOf(id)} has key ${key} used, which ${nameOf(other)} lacks, though it hears it`);
    }
  }

  /** A start that has ended gives no answer any more. */
  #askOf(process: ProcessId, key: number): string {
    return `${process} ${this.#placeOf.get(process) ?? 0} ${key}`;
  }

  /** A member of all views: whichever of them a process knows, it counts. */
  #isMemberThroughout(id: ProcessId): boolean {
    return this.#views.size > 0 && [...this.#views.values()].every(({ members }) => members.includes(id));
  }
}

const NO_VIEW = { decidedAt: -2, members: [] as readonly ProcessId[] };

function isSame(a: KeyRecord, b: KeyRecord): boolean {
  return a.decidedAt === b.decidedAt && a.sendingId === b.sendingId && a.removedUpTo === b.removedUpTo;
}

/** As long as a challenge or an answer, and for one process: that is sealed under the key of what it replies to. */
function isReply(frame: Buffer): boolean {
  return frame.length === REPLY_BYTES && isAddressed(frame);
}

const REPLY_BYTES = headerBytesUnder(1) + MESSAGE_HEADER_BYTES + ADMISSION_BYTES;

/** The origin of a frame is in the clear. */
function senderOf(frame: Buffer): ProcessId {
  const at = originAtUnder(keyIdOf(frame)) + SENDER_OFFSET;
  return frame.toString('hex', at, at + SENDER_BYTES) as ProcessId;
}
