import type { Frame } from '../frame/frame.js';
import type { Address } from '../frame/peers.js';

/** Told once the kernel has the datagram, or does not take it. */
export type Sent = (error: Error | null) => void;

/** The kernel takes up to 1,024 pieces for one datagram on every system. */
const PIECES_MAX = 512;

/** A datagram that is being filled. */
interface Parcel {
  readonly to: Address;
  readonly pieces: Uint8Array[];
  bytes: number;
  readonly sent: Sent[];
}

/** Gathers frames, each sealed by itself, so that those to the same address share datagrams. */
export class SharedDatagrams {
  readonly #parcels: Parcel[] = [];

  constructor(private readonly leave: (datagram: Frame, to: Address, sent: Sent) => void) {}

  /** Adds a frame, which makes no datagram longer than `maxDatagramBytes`; what it has no room beside leaves first. */
  add(frame: Frame, to: Address, maxDatagramBytes: number, sent: Sent): void {
    const bytes = frame.reduce((sum, piece) => sum + piece.length, 0);
    const at = this.#parcels.findIndex((parcel) => parcel.to.port === to.port && parcel.to.address === to.address);
    const parcel = this.#parcels[at];
    if (parcel === undefined) {
      this.#parcels.push({ to, pieces: [...frame], bytes, sent: [sent] });
      return;
    }
    if (parcel.bytes + bytes > maxDatagramBytes || parcel.pieces.length + frame.length > PIECES_MAX) {
      this.#parcels[at] = { to, pieces: [...frame], bytes, sent: [sent] };
      this.#leave(parcel);
      return;
    }
    parcel.pieces.push(...frame);
    parcel.bytes += bytes;
    parcel.sent.push(sent);
  }

  flush(): void {
    for (const parcel of this.#parcels.splice(0)) this.#leave(parcel);
  }

  #leave({ pieces, to, sent }: Parcel): void {
    this.leave(pieces, to, (error) => {
      for (const each of sent) each(error);
    });
  }
}
