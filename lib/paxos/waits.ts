/** The waits of a queue although its group has a majority: each wait that gets no further is told as an event. */
import type { Consensus } from '../consensus/consensus.js';
import { constants } from '../model/constants.js';
import type { Settings } from '../model/settings.js';
import type { WaitEvent } from '../queue/events.js';
import type { Batcher } from './batcher.js';
import type { Recovery } from './recovery/recovery.js';
import { LOOK_TICKS, type Wait, WaitWatch } from './wait-watch.js';

export interface WaitsOptions {
  readonly settings: Settings;
  readonly core: Pick<Consensus, 'watermark' | 'knownWatermark'>;
  readonly batcher: Pick<Batcher, 'waiting'>;
  readonly recovery: Pick<Recovery, 'awaited' | 'isRecovering' | 'arrivals'>;
  /** The decided time of the queue's holder, in milliseconds since 1970; undefined if it has none. */
  readonly decidedTimeMs: () => number | undefined;
  /** Of this process's clock, likewise. */
  readonly now: () => number;
  readonly notify: (event: WaitEvent) => void;
}

export class Waits {
  readonly #options: WaitsOptions;
  readonly #watches: readonly WaitWatch<WaitEvent>[];
  #ticks = 0;

  constructor(options: WaitsOptions) {
    this.#options = options;
    const looks = [() => this.#timeAhead(), () => this.#room(), () => this.#recovery(), () => this.#decisions()];
    this.#watches = looks.map((look) => new WaitWatch(options.settings, look, options.notify));
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % LOOK_TICKS === 0) for (const watch of this.#watches) watch.look();
  }

  /** Waiting for the clock: that it comes nearer all the time is no progress. */
  #timeAhead(): Wait<WaitEvent> | null {
    const decidedMs = this.#options.decidedTimeMs();
    if (decidedMs === undefined) return null;
    const aheadMs = decidedMs - this.#options.now();
    if (aheadMs <= constants.clockBoundMs) return null;
    return { progress: 'ahead', notice: () => ({ kind: 'time-ahead', decidedMs, aheadMs }) };
  }

  #room(): Wait<WaitEvent> | null {
    const { waiting } = this.#options.batcher;
    if (waiting === null) return null;
    const { admitted, messages, bytes } = waiting;
    return { progress: admitted, notice: (seconds) => ({ kind: 'no-room', messages, bytes, seconds }) };
  }

  #recovery(): Wait<WaitEvent> | null {
    const { awaited } = this.#options.recovery;
    if (awaited === null) return null;
    return { progress: awaited.progress, notice: (seconds) => ({ kind: 'unanswered', what: awaited.what, seconds }) };
  }

  /** A checkpoint that is fetched and a log that is repaired are told by themselves. */
  #decisions(): Wait<WaitEvent> | null {
    const { core, recovery } = this.#options;
    const { watermark, knownWatermark } = core;
    if (knownWatermark <= watermark || recovery.isRecovering) return null;
    const what = { kind: 'decisions', from: watermark, until: knownWatermark } as const;
    return {
      progress: watermark + recovery.arrivals,
      notice: (seconds) => ({ kind: 'unanswered', what, seconds }),
    };
  }
}
