import { constants } from '../../model/constants.js';
import type { TransportLog, TransportStatistics } from '../transport.js';
import { Allowance } from './allowance.js';
import { FRAME_VERSION, keyIdOf, NO_KEY, versionOf } from './frame.js';
import type { Refusal } from './frame-decoder.js';
import type { Address } from './peers.js';

/** Of one cause so much is reported in ten minutes: a flood of forged senders must not fill the log. */
const REPORTS_MAX = 16;
const REPORTS_TICKS = 600_000 / constants.tickMs;
/** Nor the memory: so many senders are remembered, of one cause. */
const REPORTED_MAX = 1_000;

/** What is reported of one cause: each sender once, as long as it is remembered. */
class Reports {
  readonly #reported = new Set<string>();
  readonly #allowance = new Allowance(REPORTS_MAX, REPORTS_TICKS);

  isDue(sender: string, nowTick: number): boolean {
    if (this.#reported.has(sender) || !this.#allowance.take(nowTick)) return false;
    if (this.#reported.size >= REPORTED_MAX) this.#reported.clear();
    this.#reported.add(sender);
    return true;
  }
}

/** Counts dropped frames, and logs for each sender the causes that only people can mend. */
export class Refusals {
  readonly #versions = new Reports();
  readonly #keys = new Reports();
  readonly #seals = new Reports();

  constructor(
    private readonly statistics: TransportStatistics,
    private readonly log: TransportLog,
    private readonly clock: { readonly nowTick: number },
  ) {}

  add(refusal: Exclude<Refusal, 'own'>, bytes: Buffer, from: Address): void {
    switch (refusal) {
      case 'queue':
      case 'foreign':
        this.statistics.foreignDropped += 1;
        return;
      case 'version':
        this.statistics.versionDropped += 1;
        this.#reportVersion(versionOf(bytes), `${from.address}:${from.port}`);
        return;
      case 'key':
        this.statistics.keyDropped += 1;
        this.#reportKey(keyIdOf(bytes), `${from.address}:${from.port}`);
        return;
      case 'seal':
        this.statistics.sealDropped += 1;
        this.#reportSeal(keyIdOf(bytes), `${from.address}:${from.port}`);
        return;
      case 'replay':
        this.statistics.replaysDropped += 1;
        return;
      case 'unmet':
        this.statistics.unmetDropped += 1;
    }
  }

  #reportVersion(theirs: number, sender: string): void {
    if (!this.#versions.isDue(sender, this.clock.nowTick)) return;
    this.log.warn(
      { sender, theirs, ours: FRAME_VERSION, dropped: this.statistics.versionDropped },
      `The process at ${sender} speaks version ${theirs} of the wire format and this one version ${FRAME_VERSION}: they cannot hear each other. Run the same release on both.`,
    );
  }

  #reportKey(keyId: number, sender: string): void {
    if (!this.#keys.isDue(`${keyId} ${sender}`, this.clock.nowTick)) return;
    const text =
      keyId === NO_KEY
        ? `The process at ${sender} has no key, and this process hears nobody without one: it is not heard. Give it the keys of this process.`
        : `The process at ${sender} seals its frames under the key ${keyId}, which this process does not have: it is not heard. Give both the same keys.`;
    this.log.warn({ sender, keyId, dropped: this.statistics.keyDropped }, text);
  }

  #reportSeal(keyId: number, sender: string): void {
    if (!this.#seals.isDue(sender, this.clock.nowTick)) return;
    this.log.warn(
      { sender, keyId, dropped: this.statistics.sealDropped },
      `What comes from ${sender} is not sealed with the key ${keyId} of this process, although it names that key: it is not heard. Give both the same bytes under one id; if they are the same, somebody forges or damages datagrams.`,
    );
  }
}
