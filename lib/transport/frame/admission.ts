import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import type { Nonce } from '../../model/start.js';
import {
  ADMISSION_BYTES,
  type AdmissionMessage,
  CHALLENGED_BYTES,
  decodeAdmission,
  PROOF_BYTES,
} from './admission-messages.js';
import { Allowance } from './allowance.js';
import { BOOT_OFFSET, headerBytesUnder, type Lane, MESSAGE_HEADER_BYTES, SENDER_OFFSET } from './frame.js';
import { messagesOf, type Opened } from './frame-decoder.js';
import type { MetStarts } from './met-starts.js';
import type { Address } from './peers.js';

export interface AdmissionOptions {
  /** Of this run of this process. */
  readonly nonce: Nonce;
  readonly met: MetStarts;
  /** Of this run of this process, and known to nobody without the key. */
  readonly secret: KeyObject;
  readonly clock: { readonly nowTick: number };
  /**
   * Sends a frame with one message, by the lane, which counts for the process `to` alone, under the key of what it replies to:
   * while the group changes its key, the other may not have the one that this process sends with.
   */
  readonly reply: (to: Correspondent, kind: 'challenge' | 'answer', proof: Uint8Array) => void;
  /** A start is heard from now on: it is reached at `where`, by the lane. */
  readonly admitted: (where: Address, lane: Lane) => void;
  /** A process, which is heard, has not heard what it was sent, and hears everything from now on. */
  readonly isUnheardBy: (process: ProcessId, where: Address, lane: Lane) => void;
}

/** Where a frame has come from, and how a reply is sent there. */
export interface Correspondent {
  readonly process: ProcessId;
  readonly where: Address;
  readonly lane: Lane;
  readonly keyId: number;
}

/** No frame that is shorter is challenged, so that nobody gets more bytes than were sent in its name. */
const CHALLENGED_BYTES_MIN = headerBytesUnder(1) + MESSAGE_HEADER_BYTES + ADMISSION_BYTES;

/** The wait until the same start is challenged at the same address again, at first; it doubles. */
const CHALLENGE_TICKS = 2;
const DOUBLINGS_MAX = 5;
/** So many challenges have had no answer: the next one goes by the bulk lane, too. */
const UNANSWERED_MAX = 4;
/** So many are waited for: one that has the place of another takes it, so that no flood of addresses needs more room. */
const WAITS = 256;
const LONG_AGO = -(2 ** 30);

/** Within the bytes of a start. */
const NONCE_AT = BOOT_OFFSET - SENDER_OFFSET;

const SECOND_TICKS = 1_000 / constants.tickMs;

/**
 * Meets starts. A frame of a start that has not been met is authentic, but may be an old one that somebody has recorded: it is
 * answered by a challenge, and only the process itself, alive, can bring its proof back. Nothing is kept until then: the proof is
 * a MAC of the start, and of how often its sender has been met. A challenge says which start it is of: another start, at whose place
 * an old frame seemed to come from, has nothing to do with it.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  /** The hashes of the starts and their addresses. */
  readonly #waitsFor = new Uint32Array(WAITS);
  readonly #challengedAt = new Int32Array(WAITS).fill(LONG_AGO);
  readonly #unanswered = new Uint8Array(WAITS);
  /** Each may open a connection. */
  readonly #bulkReplies = new Allowance(constants.unmetRepliesASecond, SECOND_TICKS);

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Judges a frame of a start that has not been met; `bytes` is its length. True where it brings the right proof: then
   * everything in it counts.
   */
  admits(opened: Opened, from: Address, lane: Lane, bytes: number): boolean {
    const { unmet, keyId } = opened;
    if (unmet === null) return true;
    const process = opened.origin.sender;
    let port: number | null = null;
    for (const message of messagesOf(opened)) {
      const said = decodeAdmission(message);
      if (said === null) continue;
      const where = whereOf(from, lane, said.port);
      if (said.kind === 'answer' && this.#isProof(said.proof, unmet.start)) {
        if (!this.#options.met.meet(unmet.start, unmet.counter)) return false;
        this.#unanswered[this.#waitOf(unmet.start, where)] = 0;
        this.#options.admitted(where, lane);
        return true;
      }
      if (said.kind === 'challenge') {
        if (this.#isOfThisStart(said.proof) && this.#mayReply(lane))
          this.#options.reply({ process, where, lane, keyId }, 'answer', said.proof);
        return false;
      }
      port = said.port;
    }
    if (bytes >= CHALLENGED_BYTES_MIN && (lane === 'datagram' || port !== null))
      this.#challenge({ process, where: whereOf(from, lane, port ?? from.port), lane, keyId }, unmet.start);
    return false;
  }

  /** What a start that has been met says. */
  receive({ kind, port, proof }: AdmissionMessage, { process, where: from, lane, keyId }: Correspondent): void {
    if (kind !== 'challenge' || !this.#isOfThisStart(proof)) return;
    const where = whereOf(from, lane, port);
    this.#options.reply({ process, where, lane, keyId }, 'answer', proof);
    this.#options.isUnheardBy(process, where, lane);
  }

  #challenge(to: Correspondent, start: Buffer): void {
    const { reply, clock } = this.#options;
    const { where, lane } = to;
    const wait = this.#waitOf(start, where);
    const unanswered = this.#unanswered[wait] ?? 0;
    const sinceTicks = clock.nowTick - (this.#challengedAt[wait] ?? 0);
    if (sinceTicks < CHALLENGE_TICKS << Math.min(unanswered, DOUBLINGS_MAX) || !this.#mayReply(lane)) return;
    const isLongAgo = sinceTicks > CHALLENGE_TICKS << (DOUBLINGS_MAX + 1);
    this.#challengedAt[wait] = clock.nowTick;
    this.#unanswered[wait] = isLongAgo ? 1 : Math.min(unanswered + 1, UNANSWERED_MAX + 1);
    const proof = this.#proofFor(start);
    reply(to, 'challenge', proof);
    if (lane === 'datagram' && !isLongAgo && unanswered >= UNANSWERED_MAX && this.#mayReply('bulk'))
      reply({ ...to, lane: 'bulk' }, 'challenge', proof);
  }

  /** Whether a start that has not been met may have a reply by a lane now. */
  #mayReply(lane: Lane): boolean {
    return lane === 'datagram' || this.#bulkReplies.take(this.#options.clock.nowTick);
  }

  /**
   * The place of a start at an address. An old frame, brought from the address of the present start, has another one; and which starts
   * share one nobody can tell who does not have the key.
   */
  #waitOf(start: Buffer, { address, port }: Address): number {
    const { secret } = this.#options;
    const hash = createHmac('sha256', secret).update(start).update(`wait ${address}:${port}`).digest().readUInt32BE();
    const wait = hash % WAITS;
    if (this.#waitsFor[wait] !== hash) {
      this.#waitsFor[wait] = hash;
      this.#challengedAt[wait] = LONG_AGO;
      this.#unanswered[wait] = 0;
    }
    return wait;
  }

  #proofFor(start: Buffer): Buffer {
    const { met, secret } = this.#options;
    const mac = createHmac('sha256', secret).update(start).update(met.ageOf(start)).digest();
    return Buffer.concat([start.subarray(NONCE_AT, NONCE_AT + CHALLENGED_BYTES), mac], PROOF_BYTES);
  }

  #isOfThisStart(proof: Uint8Array): boolean {
    return this.#options.nonce.startsWith(Buffer.from(proof.subarray(0, CHALLENGED_BYTES)).toString('hex'));
  }

  #isProof(proof: Uint8Array, start: Buffer): boolean {
    return timingSafeEqual(proof, this.#proofFor(start));
  }
}

/** A connection comes from another port than the one at which its process is reached. */
function whereOf(from: Address, lane: Lane, port: number): Address {
  return lane === 'datagram' ? from : { address: from.address, port };
}
