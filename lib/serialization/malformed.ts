import { TreplicaError } from '../model/errors.js';

/** What bytes were read from: for messages to a person. */
export type Source = 'message' | 'checkpoint';

/** For bytes that cannot have been written by this codec. */
export function malformed(what: string, source: Source, cause?: unknown): TreplicaError {
  const message = `A ${source} holds ${what}: it was not written by this version of Treplica, or it has been damaged.`;
  return new TreplicaError('MALFORMED_BYTES', message, { cause });
}

/** As `malformed`, of a checkpoint, for expressions that have no other value. */
export function failCheckpoint(what: string): never {
  throw malformed(what, 'checkpoint');
}
