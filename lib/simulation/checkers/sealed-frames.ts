import { crc32 } from 'node:zlib';

import type { ProcessId } from '../../model/ids.js';
import { COUNTER_AT, SEAL_AT } from '../../transport/frame/frame.js';
import type { Onlooker } from '../../transport/memory/memory-network.js';

interface Sealed {
  readonly from: ProcessId;
  /** The place of its sender, another for each start, the later ones higher. */
  readonly port: number;
  /** The highest place at which anybody was when it was sent first. */
  readonly latestPort: number;
}

/** So many of the frames that were sent are kept, most of them late ones. */
const RECORDED_MAX = 4_000;

/**
 * Checks what is taken under keys: frames that a process of the group has sealed, each once at each start; none from before that
 * start; and, once a later start of their sender is heard, none of an earlier one. Keeps frames, as somebody may who listens.
 */
export class SealedFrames implements Onlooker {
  #recorded: Buffer[] = [];
  readonly #sent = new Map<string, Sealed>();
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

  sent(from: ProcessId, port: number, latestPort: number, frame: Buffer): void {
    const name = nameOfFrame(frame);
    if (this.#sent.has(name)) return;
    this.#sent.set(name, { from, port, latestPort });
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
    const key = `${port} ${sealed.from}`;
    const latest = this.#heard.get(key) ?? 0;
    if (sealed.port < latest) this.violate(`${who} takes a frame of an earlier start of ${sender} than it has heard`);
    this.#heard.set(key, Math.max(latest, sealed.port));
  }
}

/** Seal and counter tell sealed frames apart, and the checksum what was changed behind them. */
function nameOfFrame(frame: Buffer): string {
  return `${frame.toString('latin1', SEAL_AT, COUNTER_AT + 8)}${crc32(frame)}`;
}
