import type { FieldReader } from '../../bytes/field-reader.js';
import type { FieldWriter } from '../../bytes/field-writer.js';
import type { CodecsOf } from './codec.js';
import type { KeysMessage } from './key-messages.js';

export const keyCodecs: CodecsOf<KeysMessage> = {
  keys: {
    code: 48,
    write: (out, { edition, number, sendingId, ids }) =>
      out.natural(edition).natural(number).natural(sendingId).list(ids, writeId),
    read: (input) => ({
      kind: 'keys',
      edition: input.natural(),
      number: input.natural(),
      sendingId: input.natural(),
      ids: input.list(readId),
    }),
  },
};

function writeId(out: FieldWriter, id: number): void {
  out.natural(id);
}

function readId(input: FieldReader): number {
  return input.natural();
}
