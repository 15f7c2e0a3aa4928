import type { ProcessId } from '../../model/ids.js';
import { COUNTER_AT, headerBytesUnder, isFilledExactly, keyIdOf, originAtUnder, SEAL_AT, TAG_BYTES } from './frame.js';
import type { FrameOpener, Opened } from './frame-decoder.js';
import { FrameKey, NONCE_BYTES } from './frame-key.js';
import type { KeyRing } from './key-ring.js';
import type { MetStarts } from './met-starts.js';
import { OriginCache } from './origin-cache.js';
import { countOf, Covered, startIn } from './seal.js';
import { Trials } from './trials.js';

/** Opens frames under the keys of a ring. Nothing is kept of a start until it has been met. */
export class KeyedOpener implements FrameOpener {
  readonly #origins = new OriginCache();
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  readonly #covered = new Covered();
  readonly #trials = new Trials();

  constructor(
    private readonly ring: KeyRing,
    private readonly queueId: string,
    private readonly self: ProcessId,
    private readonly met: MetStarts,
    private readonly clock: { readonly nowTick: number },
  ) {}

  knows(keyId: number): boolean {
    return this.ring.has(keyId);
  }

  open(frame: Buffer, source: string, bringer: ProcessId | null): Opened | 'seal' | 'replay' | 'unmet' | 'foreign' {
    const keyId = keyIdOf(frame);
    const ringKey = this.ring.keyOf(keyId);
    const { lane, counter } = countOf(frame);
    if (ringKey === undefined || !Number.isSafeInteger(counter)) return 'seal';
    const start = startIn(frame);
    const met = this.met.find(start, 0);
    if (met === undefined && !this.#trials.take(source, frame.length, this.clock.nowTick)) return 'unmet';
    const window = met?.windows[lane];
    const mayTake = window?.mayTake(counter) !== false;
    if (!mayTake && met?.sender !== bringer) return 'replay';
    const key = met?.keyUnder(ringKey) ?? new FrameKey(ringKey, this.queueId, start);
    const bytes = this.#decrypted(frame, key);
    if (bytes === null) return 'seal';
    if (mayTake) window?.take(counter);
    if (met !== undefined) met.isRecent = true;
    if (!isFilledExactly(bytes, 0)) return 'foreign';
    const unmet = met === undefined ? { start, counter } : null;
    return { origin: this.#origins.read(frame, ORIGIN_AT), keyId, bytes, at: 0, unmet };
  }

  senderOf(header: Buffer): ProcessId | null {
    const met = this.met.find(startIn(header), 0);
    return met === undefined ? null : met.sender;
  }

  #decrypted(frame: Buffer, key: FrameKey): Buffer | null {
    frame.copy(this.#nonce, NONCE_BYTES - 8, COUNTER_AT, COUNTER_AT + 8);
    const tag = frame.subarray(SEAL_AT, SEAL_AT + TAG_BYTES);
    return key.open(this.#nonce, this.#covered.of(frame, this.self), frame.subarray(MESSAGES_AT), tag);
  }
}

const SOME_KEY_ID = 1;
const ORIGIN_AT = originAtUnder(SOME_KEY_ID);
const MESSAGES_AT = headerBytesUnder(SOME_KEY_ID);
