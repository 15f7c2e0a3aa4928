import type { ProcessId } from '../../lib/model/ids.js';
import type { Start } from '../../lib/model/start.js';
import { FrameDecoder, type Opened, type Refusal } from '../../lib/transport/frame/frame-decoder.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import { type Key, KeyRing } from '../../lib/transport/frame/key-ring.js';
import { KeyedOpener } from '../../lib/transport/frame/keyed-opener.js';
import { MetStarts } from '../../lib/transport/frame/met-starts.js';
import { KEY_1, newProcessId, newStart } from './station.js';

/** A start that seals frames. */
export class KeyedSender {
  readonly start: Start;
  readonly ring: KeyRing;
  readonly encoder: FrameEncoder;

  constructor(
    readonly queueId: string,
    { id = newProcessId(), start = newStart(), keys = [KEY_1] as [Key, ...Key[]] } = {},
  ) {
    this.id = id;
    this.start = start;
    this.ring = new KeyRing(keys);
    this.encoder = new FrameEncoder(queueId, id, start, this.ring);
  }

  readonly id: ProcessId;

  frame(...texts: readonly string[]): Buffer {
    return Buffer.concat(this.encoder.encode(texts.map((text) => Buffer.from(text))));
  }

  bulkFrame(text: string): Buffer {
    return Buffer.concat(this.encoder.encode([Buffer.from(text)], 'bulk'));
  }
}

/** A decoder under keys, which meets whom it is told to. */
export class KeyedReader {
  readonly ring: KeyRing;
  readonly met: MetStarts;
  readonly clock = { nowTick: 0 };
  readonly decoder: FrameDecoder;
  readonly id = newProcessId();

  constructor(queueId: string, keys: [Key, ...Key[]] = [KEY_1]) {
    this.ring = new KeyRing(keys);
    this.met = new MetStarts(queueId);
    const opener = new KeyedOpener(this.ring, queueId, this.id, this.met, this.clock);
    this.decoder = new FrameDecoder(queueId, this.id, newStart(), opener);
  }

  open(frame: Buffer): Opened | Refusal {
    this.clock.nowTick += 1;
    return this.decoder.open(frame);
  }

  /** From the next frame on. */
  meet(sender: KeyedSender): void {
    const opened = this.open(sender.frame('to be met'));
    if (typeof opened === 'string' || opened.unmet === null)
      throw new Error('It is met already, or under another key.');
    this.met.meet(opened.unmet.start, opened.unmet.counter);
  }
}
