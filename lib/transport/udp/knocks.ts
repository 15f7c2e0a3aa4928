import type { Address } from '../frame/peers.js';
import type { Place } from './places.js';

/** How often a silent place is knocked at, in ticks. */
export interface Pace {
  /** The interval is this part of the silence, within these bounds. */
  readonly part: number;
  readonly ticksMin: number;
  readonly ticksMax: number;
}

/** The silent places that are knocked at: the longer they are silent, the more rarely. */
export class Knocks {
  /** When each was knocked at, by its text. */
  #knockedAt = new Map<string, number>();

  constructor(private readonly pace: Pace) {}

  /** Those of `silent`, by their text, that are knocked at now. Those that are not among them are forgotten. */
  due(silent: Iterable<readonly [string, Place]>, nowTick: number): Address[] {
    const { part, ticksMin, ticksMax } = this.pace;
    const due: Address[] = [];
    const knockedAt = new Map<string, number>();
    for (const [key, { where, heardAt }] of silent) {
      const last = this.#knockedAt.get(key) ?? -Infinity;
      const waitTicks = Math.min(Math.max(ticksMin, Math.floor((nowTick - heardAt) / part)), ticksMax);
      const isDue = nowTick - last >= waitTicks;
      if (isDue) due.push(where);
      knockedAt.set(key, isDue ? nowTick : last);
    }
    this.#knockedAt = knockedAt;
    return due;
  }
}
