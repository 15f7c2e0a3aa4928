import { announcedBytes, FRAME_PREFIX_BYTES, type Lane, LENGTH_AT } from './frame.js';
import type { Verdict } from './inbox.js';
import type { Address } from './peers.js';

/** Takes frames: an inbox, or an endpoint that finds the inbox of each. */
export interface FrameTaker {
  accept(bytes: Buffer, from: Address, lane: Lane): Verdict;
}

/**
 * Hands over the frames of a datagram, one after the other, each in a view of its bytes. A frame that cannot be read here, for
 * it is of another queue or under another key, is stepped over by the length that it states. One that is damaged ends the
 * datagram: its length may be what is damaged, and what seems to follow it the inside of a message. Bytes that are no frame
 * end it too, and another version, which may state its length elsewhere.
 */
export function acceptDatagram(datagram: Buffer, from: Address, taker: FrameTaker): void {
  // Nearly every datagram is one frame: this costs it one comparison.
  if (datagram.length < FRAME_PREFIX_BYTES || datagram.readUInt32BE(LENGTH_AT) === datagram.length) {
    taker.accept(datagram, from, 'datagram');
    return;
  }
  for (let at = 0; at < datagram.length;) {
    const end = endOfFrame(datagram, at);
    if (endsDatagram(taker.accept(datagram.subarray(at, end), from, 'datagram'))) return;
    at = end;
  }
}

/** Behind the frame that begins at `at`; the end of the datagram where it states no length that the datagram has. */
function endOfFrame(datagram: Buffer, at: number): number {
  const bytes = datagram.length - at < FRAME_PREFIX_BYTES ? null : announcedBytes(datagram, at);
  return bytes === null || at + bytes > datagram.length ? datagram.length : at + bytes;
}

function endsDatagram(verdict: Verdict): boolean {
  switch (verdict) {
    case 'intact':
    case 'queue':
    case 'key':
    case 'seal': // What follows has a seal of its own, perhaps under a key of another queue.
    case 'replay':
    case 'unmet':
    case 'shut':
      return false;
    case 'own': // One process has sent all of it.
    case 'version':
    case 'foreign':
      return true;
  }
}
