/**
 * Messages as bytes: one byte for the kind, then the fields in the order of its codec. The codecs of each family of messages
 * are in a file of their own. No number of a kind is above the transport's `TOP_BYTE_MAX`.
 */
import { FieldReader } from '../../bytes/field-reader.js';
import { FieldWriter } from '../../bytes/field-writer.js';
import type { Codec, CodecsOf } from './codec.js';
import { coreCodecs } from './core-codecs.js';
import { factsCodecs } from './facts-codecs.js';
import { foundingCodecs } from './founding-codecs.js';
import { keyCodecs } from './key-codecs.js';
import { observerCodecs } from './observer-codecs.js';
import { repairCodecs } from './repair-codecs.js';
import type { WireMessage } from './routes.js';
import { startCodecs } from './start-codecs.js';

type WireMessageOf<K extends WireMessage['kind']> = Extract<WireMessage, { readonly kind: K }>;

const codecs: CodecsOf<WireMessage> = {
  ...foundingCodecs,
  ...coreCodecs,
  ...repairCodecs,
  ...startCodecs,
  ...factsCodecs,
  ...observerCodecs,
  ...keyCodecs,
};

/** All kinds of messages that travel. */
export const MESSAGE_KINDS = Object.keys(codecs) as readonly WireMessage['kind'][];

const readers = new Map<number, (input: FieldReader) => WireMessage>(
  Object.values(codecs).map(({ code, read }) => [code, read]),
);

const writer = new FieldWriter();

/** The message as bytes. Bodies of batches are copied once. */
export function encodeMessage(message: WireMessage): Uint8Array {
  writer.reset();
  write(message.kind, message);
  return writer.finish();
}

/**
 * The message that `bytes` are exactly, or null. Never throws, whatever the bytes, and never gives a value that the
 * types or the model do not allow. Bodies of batches are parts of `bytes`, not copies.
 */
export function decodeMessage(bytes: Buffer): WireMessage | null {
  try {
    const input = new FieldReader(bytes);
    const message = readers.get(input.byte(255))?.(input) ?? null;
    input.end();
    return message;
  } catch {
    return null;
  }
}

function write<K extends WireMessage['kind']>(kind: K, message: WireMessageOf<K>): void {
  const codec: Codec<WireMessageOf<K>> = codecs[kind];
  writer.byte(codec.code);
  codec.write(writer, message);
}
