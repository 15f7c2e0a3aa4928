import type { TransportLog, TransportStatistics } from '../transport.js';
import { FRAME_VERSION, keyIdOf, NO_KEY, versionOf } from './frame.js';
import type { Refusal } from './frame-decoder.js';
import type { Address } from './peers.js';

/** A flood of forged senders must not fill the memory. */
const REPORTED_MAX = 1000;

/** Counts dropped frames, and logs once for each sender the causes that only people can mend. */
export class Refusals {
  readonly #reported = new Set<string>();

  constructor(
    private readonly statistics: TransportStatistics,
    private readonly log: TransportLog,
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
    if (!this.#isNew(`version ${sender}`)) return;
    this.log.warn(
      { sender, theirs, ours: FRAME_VERSION },
      `The process at ${sender} speaks version ${theirs} of the wire format and this one version ${FRAME_VERSION}: they cannot hear each other. Run the same release on both.`,
    );
  }

  #reportKey(keyId: number, sender: string): void {
    if (!this.#isNew(`key ${keyId} ${sender}`)) return;
    const text =
      keyId === NO_KEY
        ? `The process at ${sender} has no key, and this process hears nobody without one: it is not heard. Give it the keys of this process.`
        : `The process at ${sender} seals its frames under the key ${keyId}, which this process does not have: it is not heard. Give both the same keys.`;
    this.log.warn({ sender, keyId }, text);
  }

  #reportSeal(keyId: number, sender: string): void {
    if (!this.#isNew(`seal ${sender}`)) return;
    this.log.warn(
      { sender, keyId },
      `What comes from ${sender} is not sealed with the key ${keyId} of this process, although it names that key: it is not heard. Give both the same bytes under one id; if they are the same, somebody forges or damages datagrams.`,
    );
  }

  #isNew(what: string): boolean {
    if (this.#reported.has(what) || this.#reported.size >= REPORTED_MAX) return false;
    this.#reported.add(what);
    return true;
  }
}
