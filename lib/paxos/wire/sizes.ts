/** How much a message has room for that is to fit a datagram, or a burst of them. All sizes are of the layout in `wire.ts`, with the longest ids. */

const KIND_BYTES = 1;
const NATURAL_BYTES = 8;
/** Of a list, and of the body of a batch. */
const LENGTH_BYTES = 4;
const BALLOT_BYTES_MAX = 26;
const BATCH_ID_BYTES_MAX = 77;

/** A promise without its votes: ballot, watermark, from, until. */
const PROMISE_BYTES_MAX = KIND_BYTES + BALLOT_BYTES_MAX + 2 * NATURAL_BYTES + (1 + NATURAL_BYTES) + LENGTH_BYTES;
const REPORTED_VOTE_BYTES_MAX = NATURAL_BYTES + BALLOT_BYTES_MAX + BATCH_ID_BYTES_MAX;

/** Votes without their items: ballot, watermark. Accepts have no watermark. */
const ACCEPTED_BYTES_MAX = KIND_BYTES + BALLOT_BYTES_MAX + NATURAL_BYTES + LENGTH_BYTES;
const ITEM_BYTES_MAX = NATURAL_BYTES + BATCH_ID_BYTES_MAX;

/** A batch in a fast ballot, without its body: ballot, instance, id. Other messages with a batch add less. */
const PROPOSAL_BYTES_MAX = KIND_BYTES + BALLOT_BYTES_MAX + NATURAL_BYTES + BATCH_ID_BYTES_MAX + LENGTH_BYTES;

/** How many votes a promise may report, at least one. `maxMessageBytes`: of a message that leaves as datagrams. */
export function votesAPromise(maxMessageBytes: number): number {
  return Math.max(1, Math.floor((maxMessageBytes - PROMISE_BYTES_MAX) / REPORTED_VOTE_BYTES_MAX));
}

/** How many votes or accepts a message may have, at least one. `maxMessageBytes`: of a message that fits a datagram. */
export function itemsAMessage(maxMessageBytes: number): number {
  return Math.max(1, Math.floor((maxMessageBytes - ACCEPTED_BYTES_MAX) / ITEM_BYTES_MAX));
}

/** How many bytes the body of a batch may have. `maxMessageBytes`: of a message that leaves as datagrams. */
export function bodyBytesMax(maxMessageBytes: number): number {
  return maxMessageBytes - PROPOSAL_BYTES_MAX;
}
