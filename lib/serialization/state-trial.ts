import { StateDecoder } from './state-decoder.js';
import { encodeState } from './state-encoder.js';
import { compare, unreadable } from './trial.js';

/**
 * All pieces that `encodeState` makes of `state`, having been decoded and compared with it where there is a class in it for the
 * first time. For development. Throws as taking a piece does, and NOT_SERIALIZABLE for what comes back as something else.
 */
export function triedPieces(state: object, initialFields: readonly string[]): Buffer[] {
  const pieces: Buffer[] = [];
  const news = drain(encodeState(state, initialFields), (piece) => pieces.push(piece));
  if (news.size > 0) compare(state, decoded(state, pieces), news, true);
  return pieces;
}

/** How many bytes those pieces have, none of which is kept. */
export function triedBytes(state: object): number {
  let bytes = 0;
  const news = drain(encodeState(state, []), ({ length }) => (bytes += length));
  if (news.size > 0) compare(state, decoded(state, encodeState(state, [])), news, true);
  return bytes;
}

function drain(pieces: Generator<Buffer, ReadonlySet<object>>, take: (piece: Buffer) => void): ReadonlySet<object> {
  let step = pieces.next();
  for (; step.done !== true; step = pieces.next()) take(step.value);
  return step.value;
}

function decoded(state: object, pieces: Iterable<Buffer>): object {
  const decoder = new StateDecoder(state);
  try {
    for (const piece of pieces) decoder.push(piece);
    return decoder.finish();
  } catch (cause) {
    throw unreadable('state', cause);
  }
}
