import { isMergedInto, type Supply } from '../consensus/effects.js';
import type { MessageOf } from '../consensus/messages.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Batch } from '../model/batch.js';
import { DamagedLogError } from '../model/errors.js';
import { after, type Instance, type ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { Transport } from '../transport/transport.js';

export interface LogSupplierOptions {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly transport: Pick<Transport, 'bytesOnTheirWay'>;
  readonly repair: {
    /** A process asks for entries that the log no longer has. */
    offer(to: ProcessId, beyond: Instance): void;
    /** The log cannot be read there for another process. */
    damaged(damage: DamagedLogError): void;
  };
  readonly tell: (to: ProcessId, message: MessageOf<'decided'>) => void;
}

/** Questions that wait, altogether and of one process, which has one of its fetcher's open and those of catching up. */
const WAITING_MAX = 256;

/**
 * Tells processes that are behind what was decided, from the log; or, where the log begins later, of a checkpoint. An answer
 * waits while as much is on its way to the one that has asked as it asks for at a time.
 */
export class LogSupplier {
  readonly #options: LogSupplierOptions;
  /** Bytes on their way to one process beyond which it waits for more: as many as it asks for at a time. */
  readonly #bytesOnTheirWayMax: number;
  readonly #waitingOfOneMax: number;
  #waiting: Supply[] = [];
  #readable = 0 as Instance;

  constructor(options: LogSupplierOptions) {
    this.#options = options;
    const { catchUpQuestions, catchUpBytes } = options.settings;
    this.#bytesOnTheirWayMax = catchUpQuestions * catchUpBytes;
    this.#waitingOfOneMax = 2 * catchUpQuestions;
  }

  /** Below `readable` the log holds only decisions. */
  supply(supplies: readonly Supply[], readable: Instance): void {
    this.#readable = readable;
    for (const supply of supplies) {
      if (this.#mayAnswer(supply)) this.#answer(supply);
      else this.#wait(supply);
    }
  }

  /** Answers the processes that need not wait any more, the lowest instances first. */
  tick(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting.sort((a, b) => a.from - b.from);
    this.#waiting = this.#waiting.filter((supply) => {
      if (!this.#mayAnswer(supply)) return true;
      this.#answer(supply);
      return false;
    });
  }

  #mayAnswer({ to, from }: Supply): boolean {
    const { ledger, transport } = this.#options;
    return from < ledger.start || transport.bytesOnTheirWay(to) < this.#bytesOnTheirWayMax;
  }

  /** A process that gets no answer asks again. */
  #wait(supply: Supply): void {
    if (!isMergedInto(this.#waiting, supply) && this.#hasRoomFor(supply.to)) this.#waiting.push(supply);
  }

  #hasRoomFor(process: ProcessId): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    return this.#waiting.filter(({ to }) => to === process).length < this.#waitingOfOneMax;
  }

  #answer({ to, from, until }: Supply): void {
    const { ledger, repair, settings, tell } = this.#options;
    const readable = this.#readable;
    if (from < ledger.start) {
      repair.offer(to, from);
      return;
    }
    const batches: Batch[] = [];
    const end = Math.min(readable, until ?? readable, after(from, settings.catchUpInstances)) as Instance;
    try {
      for (const { instance, vote } of ledger.read(from, end, settings.catchUpBytes)) {
        if (vote === null || instance !== from + batches.length) break;
        batches.push(vote.batch);
      }
    } catch (error) {
      if (!(error instanceof DamagedLogError)) throw error;
      repair.damaged(error);
      // Perhaps no other process knows the decision there; a state that includes it serves as well.
      if (batches.length === 0) repair.offer(to, from);
    }
    if (batches.length > 0) tell(to, { kind: 'decided', from, batches, watermark: readable });
  }
}
