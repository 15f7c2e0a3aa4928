import type { Consensus } from '../consensus/consensus.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LedgerRecord } from '../model/records.js';
import type { Settings } from '../model/settings.js';

/** Makes records durable together with the watermark, as `Driver` does. */
interface WatermarkWriter {
  write(records: () => readonly LedgerRecord[], done: (error: Error | null) => void): void;
}

/**
 * The watermark is written along with later votes. Where none come, it is written by itself after a while: all that was
 * acknowledged is then in the decided part of the log, from which backups are made.
 */
export class IdleWatermark {
  readonly #core: Consensus;
  readonly #driver: WatermarkWriter;
  readonly #idleTicks: number;
  /** For how long the ledger has not known how much is decided. */
  #unwrittenTicks = 0;

  constructor(core: Consensus, driver: WatermarkWriter, { idleTicks }: Settings) {
    this.#idleTicks = idleTicks;
    this.#core = core;
    this.#driver = driver;
  }

  tick(): void {
    this.#unwrittenTicks = this.#core.isAheadOfLedger ? this.#unwrittenTicks + 1 : 0;
    if (this.#unwrittenTicks !== this.#idleTicks) return;
    this.#driver.write(
      () => [],
      () => undefined,
    );
  }
}

/** For the end, where nothing is being committed and all that it rests on has been. It may fail: it can be learnt again. */
export function writeFinalWatermark({ core, ledger }: { readonly core: Consensus; readonly ledger: Ledger }): void {
  if (core.hasEffects || !core.isAheadOfLedger) return;
  ledger.commit([{ kind: 'watermark', watermark: core.watermark }], () => undefined);
}
