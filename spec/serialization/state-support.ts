import { TreplicaError } from '../../lib/model/errors.js';
import { StateDecoder } from '../../lib/serialization/state-decoder.js';
import { encodeState } from '../../lib/serialization/state-encoder.js';

/** A state that holds anything. */
export class Box {
  first: unknown;
  second: unknown = null;

  constructor(first: unknown = null) {
    this.first = first;
  }
}

export const BOX_FIELDS = ['first', 'second'];

export function piecesOf(state: object, pieceBytes?: number): Buffer[] {
  return [...encodeState(state, BOX_FIELDS, pieceBytes)];
}

export function stateIn<S extends object>(pieces: Iterable<Uint8Array>, model: S): S {
  const decoder = new StateDecoder(model);
  for (const piece of pieces) decoder.push(piece);
  return decoder.finish() as S;
}

/** What another process makes of it. */
export function restored(state: Box, pieceBytes?: number): Box {
  return stateIn(piecesOf(state, pieceBytes), new Box());
}

/** What the action throws. */
export function refusal(action: () => unknown): { readonly code: string; readonly message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof TreplicaError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
