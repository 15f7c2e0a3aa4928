import type { FieldReader } from '../../bytes/field-reader.js';
import type { FieldWriter } from '../../bytes/field-writer.js';

/** How a message of one kind is written as bytes, and read. */
export interface Codec<M> {
  /** The first byte of the message. A number once given to a kind is never given to another. */
  readonly code: number;
  readonly write: (out: FieldWriter, message: M) => void;
  /** Throws where the bytes are no such message. */
  readonly read: (input: FieldReader) => M;
}

/** A codec for each kind of message of a union: a kind without one does not compile. */
export type CodecsOf<M extends { readonly kind: string }> = {
  readonly [K in M['kind']]: Codec<Extract<M, { readonly kind: K }>>;
};
