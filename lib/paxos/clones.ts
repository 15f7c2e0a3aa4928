import type { ProcessId } from '../model/ids.js';
import { PEER_STARTS_MAX, type PeerStarts, sameStart, type Start } from '../model/start.js';
import type { QueueEventOf } from '../queue/events.js';
import type { ClonedStart } from '../queue/group-events.js';
import type { Transport } from '../transport/transport.js';

export interface ClonesOptions {
  readonly transport: Pick<Transport, 'addressOf'>;
  readonly notify: (event: QueueEventOf<'cloned'>) => void;
}

/** Where a start was last heard. */
interface Sighting {
  readonly start: Start;
  readonly address: string | null;
}

/** So many digits of a nonce tell people two starts apart. */
const NONCE_DIGITS = 8;

/** Tells of each member that is forked once, with where its starts were heard: what runs there is to be stopped by people. */
export class Clones {
  readonly #options: ClonesOptions;
  readonly #sightings = new Map<ProcessId, readonly Sighting[]>();
  readonly #told = new Set<ProcessId>();

  constructor(options: ClonesOptions) {
    this.#options = options;
  }

  /** A member makes its start known, just now. */
  heard(process: ProcessId, start: Start): void {
    const others = this.#sightingsOf(process).filter((sighting) => !sameStart(sighting.start, start));
    const address = this.#options.transport.addressOf(process, start);
    this.#sightings.set(process, [...others, { start, address }].slice(-PEER_STARTS_MAX));
  }

  /** What is known of the members now. */
  judge(peers: readonly PeerStarts[]): void {
    for (const { process, starts, isForked } of peers) {
      if (!isForked || this.#told.has(process)) continue;
      this.#told.add(process);
      this.#options.notify({ kind: 'cloned', process, starts: starts.map((start) => this.#shown(process, start)) });
    }
  }

  #shown(process: ProcessId, start: Start): ClonedStart {
    const sighting = this.#sightingsOf(process).find((other) => sameStart(other.start, start));
    const { incarnation, nonce } = start;
    return { incarnation, nonce: nonce.slice(0, NONCE_DIGITS), address: sighting?.address ?? null };
  }

  #sightingsOf(process: ProcessId): readonly Sighting[] {
    return this.#sightings.get(process) ?? [];
  }
}
