/** Has `action` called after a number of ticks, never before it returns. */
export type Schedule = (action: () => void, delayTicks: number) => void;

interface Entry {
  readonly dueTick: number;
  readonly action: () => void;
}

/** What is to happen, in the order in which it is due; first come, first served where that is the same. */
export class Agenda {
  /** Ascending by `dueTick`. */
  readonly #entries: Entry[] = [];
  #nowTick = 0;

  readonly add: Schedule = (action, delayTicks) => {
    const dueTick = this.#nowTick + delayTicks;
    const at = this.#entries.findLastIndex((entry) => entry.dueTick <= dueTick) + 1;
    this.#entries.splice(at, 0, { dueTick, action });
  };

  /** Moves on to what is due first and does it. False where there is nothing. */
  next(): boolean {
    const entry = this.#entries.shift();
    if (entry === undefined) return false;
    this.#nowTick = entry.dueTick;
    entry.action();
    return true;
  }
}
