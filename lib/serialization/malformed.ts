import { TreplicaError } from '../model/errors.js';

/** The source of bytes, for error messages. */
export type Source = 'message' | 'checkpoint';

/** For bytes that cannot have been written by this codec. */
export function malformed(what: string, source: Source, cause?: unknown): TreplicaError {
  const message = `A ${source} holds ${what}: it was not written by this version of Treplica, or it has been damaged.`;
  return new TreplicaError('MALFORMED_BYTES', message, { cause });
}

/** Throws `malformed` for a checkpoint; usable in expressions. */
export function failCheckpoint(what: string): never {
  throw malformed(what, 'checkpoint');
}
