import { crc32 } from 'node:zlib';

import type { ProcessId } from '../../model/ids.js';
import { COUNTER_AT, SEAL_AT } from '../../transport/frame/frame.js';
import type { Onlooker, Sending } from '../../transport/memory/memory-network.js';

/** In the first byte of the counter: set on frames for one process. */
const ADDRESSED_BIT = 0x40;

/** So many of the frames that were sent are kept, most of them late ones. */
const RECORDED_MAX = 4_000;

/**
 * Checks what is taken under keys: frames that a process of the group has sealed, each once at each start; none from before that
 * start; none for another process; and, once a later start of their sender is heard, none of an earlier one. None of them is refused for
 * its seal. Keeps frames, as somebody may who listens.
 */
export class SealedFrames implements Onlooker {
  #recorded: Buffer[] = [];
  /** How each was sent first. */
  readonly #sent = new Map<string, Sending>();
  /** By place. */
  readonly #taken = new Map<number, Set<string>>();
  /** By place and sender: the place of the latest start that was heard. */
  readonly #heard = new Map<string, number>();

  constructor(
    private readonly nameOf: (id: ProcessId) => string,
    private readonly violate: (what: string) => void,
  ) {}

  /** Frames that have been sent, in that order. */
  get recorded(): readonly Buffer[] {
    return this.#recorded;
  }

  sent(frame: Buffer, sending: Sending): void {
    const name = nameOfFrame(frame);
    if (this.#sent.has(name)) return;
    this.#sent.set(name, sending);
    this.#recorded.push(frame);
    if (this.#recorded.length > RECORDED_MAX)
      this.#recorded = this.#recorded.filter((_, i) => i % 2 === 0 || i > RECORDED_MAX / 2);
  }

  taken(by: ProcessId, port: number, frame: Buffer): void {
    const name = nameOfFrame(frame);
    const sealed = this.#sent.get(name);
    const who = this.nameOf(by);
    if (sealed === undefined) {
      this.violate(`${who} takes a frame that no process of the group has sealed`);
      return;
    }
    const sender = this.nameOf(sealed.from);
    const taken = this.#taken.get(port) ?? new Set();
    if (taken.has(name)) this.violate(`${who} takes a frame of ${sender} twice`);
    this.#taken.set(port, taken.add(name));
    if (sealed.latestPort < port) this.violate(`${who} takes a frame of ${sender} that was sent before it was started`);
    if (isAddressed(frame) && sealed.to !== null && sealed.to !== by)
      this.violate(`${who} takes a frame of ${sender} for another process`);
    const key = `${port} ${sealed.from}`;
    const latest = this.#heard.get(key) ?? 0;
    if (sealed.port < latest) this.violate(`${who} takes a frame of an earlier start of ${sender} than it has heard`);
    this.#heard.set(key, Math.max(latest, sealed.port));
  }

  unfit(by: ProcessId, frame: Buffer): void {
    const sealed = this.#sent.get(nameOfFrame(frame));
    if (sealed === undefined || (isAddressed(frame) && sealed.to !== by)) return;
    this.violate(`${this.nameOf(by)} refuses the seal of a frame that ${this.nameOf(sealed.from)} has sealed`);
  }
}

/** Whether it is for one process alone. */
function isAddressed(frame: Buffer): boolean {
  return (frame.readUInt8(COUNTER_AT) & ADDRESSED_BIT) !== 0;
}

/** Seal and counter tell sealed frames apart, and the checksum what was changed behind them. */
function nameOfFrame(frame: Buffer): string {
  return `${frame.toString('latin1', SEAL_AT, COUNTER_AT + 8)}${crc32(frame)}`;
}
