/** Where this process stands among the others: looked at now and then, and told where it has changed. */
import type { Consensus } from '../consensus/consensus.js';
import { type BallotKind, kindOf } from '../model/ballot.js';
import { constants } from '../model/constants.js';
import type { QueueEventOf } from '../queue/events.js';
import type { Delivery } from './delivery.js';
import { LOOK_TICKS } from './wait-watch.js';

/** A process is behind where it has not delivered what others had decided so long ago: a second. */
const BEHIND_LOOKS = Math.ceil(1000 / constants.tickMs / LOOK_TICKS);

export interface StandingOptions {
  readonly core: Pick<Consensus, 'watermark' | 'knownWatermark' | 'followed'>;
  readonly delivery: { readonly handedOver: Pick<NonNullable<Delivery['handedOver']>, 'next'> | null };
  readonly notify: (event: QueueEventOf<'behind' | 'level' | 'mode'>) => void;
}

export class Standing {
  readonly #options: StandingOptions;
  /** How far the sequence was known to be decided at the latest looks, oldest first. */
  readonly #known: number[] = [];
  #ticks = 0;
  #isBehind = false;
  #mode: BallotKind | null = null;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % LOOK_TICKS !== 0) return;
    this.#lookAtMode();
    this.#lookAtLag();
  }

  #lookAtMode(): void {
    const { core, notify } = this.#options;
    const ballot = core.followed;
    if (ballot === null || kindOf(ballot) === this.#mode) return;
    this.#mode = kindOf(ballot);
    notify({ kind: 'mode', mode: this.#mode, ballot });
  }

  /** A process that works hard is always a little behind: it counts what was known a while ago. */
  #lookAtLag(): void {
    const { core, delivery, notify } = this.#options;
    const { watermark, knownWatermark } = core;
    const delivered = delivery.handedOver?.next ?? watermark;
    const [oldest] = this.#known;
    const latest = this.#known.at(-1);
    const decided = Math.max(watermark, knownWatermark);
    if (this.#isBehind) {
      if (latest !== undefined && delivered >= latest) {
        this.#isBehind = false;
        notify({ kind: 'level' });
      }
    } else if (this.#known.length === BEHIND_LOOKS && oldest !== undefined && delivered < oldest) {
      this.#isBehind = true;
      notify({ kind: 'behind', instances: decided - delivered });
    }
    this.#known.push(decided);
    if (this.#known.length > BEHIND_LOOKS) this.#known.shift();
  }
}
