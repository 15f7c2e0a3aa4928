import type { Destination } from '../transport.js';
import { framedBytes } from './frame.js';

interface Parcel {
  messages: Uint8Array[];
  frameBytes: number;
}

/** Gathers small messages by destination, so that those to the same one share a datagram. */
export class MessagePacker {
  readonly #parcels = new Map<Destination, Parcel>();

  /** The largest message that fits. */
  readonly maxMessageBytes: number;

  /** `headerBytes`: of a frame without messages. */
  constructor(
    private readonly maxDatagramBytes: number,
    private readonly headerBytes: number,
    private readonly leave: (to: Destination, messages: readonly Uint8Array[]) => void,
  ) {
    this.maxMessageBytes = maxDatagramBytes - headerBytes - framedBytes(new Uint8Array());
  }

  fits(message: Uint8Array): boolean {
    return message.length <= this.maxMessageBytes;
  }

  /** Adds a message that fits; if it would overflow the frame, the gathered messages leave first. */
  add(to: Destination, message: Uint8Array): void {
    const bytes = framedBytes(message);
    const parcel = this.#parcels.get(to);
    if (parcel === undefined) {
      this.#parcels.set(to, { messages: [message], frameBytes: this.headerBytes + bytes });
      return;
    }
    if (parcel.frameBytes + bytes > this.maxDatagramBytes) {
      this.leave(to, parcel.messages);
      parcel.messages = [];
      parcel.frameBytes = this.headerBytes;
    }
    parcel.messages.push(message);
    parcel.frameBytes += bytes;
  }

  flush(): void {
    if (this.#parcels.size === 0) return;
    for (const [to, parcel] of this.#parcels) this.leave(to, parcel.messages);
    this.#parcels.clear();
  }
}
