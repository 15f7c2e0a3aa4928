import { constants } from '../model/constants.js';
import type { Settings } from '../model/settings.js';

/** Waits are looked at so often: a look costs more than all else that an idle process does in a tick. */
export const LOOK_TICKS = 10;

/** Something that is waited for, as it is at one moment. */
export interface Wait<N> {
  /** It gets further whenever this is another value than before. */
  readonly progress: unknown;
  /** The notice for a wait without progress for so many seconds. */
  readonly notice: (seconds: number) => N;
}

/** Tells of a wait that gets no further, soon and then again and again, so that nothing is waited for in silence. */
export class WaitWatch<N> {
  readonly #look: () => Wait<N> | null;
  readonly #settings: Settings;
  readonly #notify: (notice: N) => void;
  #progress: unknown = null;
  /** For how long nothing has moved. */
  #quietTicks = 0;

  /** `look` is called at every look: null while nothing is waited for. */
  constructor(settings: Settings, look: () => Wait<N> | null, notify: (notice: N) => void) {
    this.#settings = settings;
    this.#look = look;
    this.#notify = notify;
  }

  /** To be called every `LOOK_TICKS`. */
  look(): void {
    const wait = this.#look();
    const isQuiet = wait !== null && wait.progress === this.#progress;
    this.#progress = wait?.progress ?? null;
    this.#quietTicks = isQuiet ? this.#quietTicks + LOOK_TICKS : 0;
    if (wait !== null && isTimeToWarn(this.#quietTicks, this.#settings))
      this.#notify(wait.notice((this.#quietTicks * constants.tickMs) / 1000));
  }
}

/** First after `firstWarningTicks`, and then at intervals of `warningTicks`. */
export function isTimeToWarn(ticks: number, { firstWarningTicks, warningTicks }: Settings): boolean {
  return ticks >= firstWarningTicks && (ticks - firstWarningTicks) % warningTicks === 0;
}
