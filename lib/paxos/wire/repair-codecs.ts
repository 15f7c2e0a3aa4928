import type { FieldReader } from '../../bytes/field-reader.js';
import type { FieldWriter } from '../../bytes/field-writer.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { Position } from '../../model/ids.js';
import type { CodecsOf } from './codec.js';
import type { RepairMessage } from './repair-messages.js';

export const repairCodecs: CodecsOf<RepairMessage> = {
  'want-checkpoint': {
    code: 27,
    write: (out, message) => out.natural(message.beyond),
    read: (input) => ({ kind: 'want-checkpoint', beyond: input.instance() }),
  },
  offer: {
    code: 32,
    write: (out, { beyond, checkpoint }) => {
      writeCheckpoint(out.natural(beyond), checkpoint);
    },
    read: (input) => ({ kind: 'offer', beyond: input.instance(), checkpoint: readCheckpoint(input) }),
  },
  'want-chunk': {
    code: 28,
    write: (out, { digest, index }) => out.id(digest).natural(index),
    read: (input) => ({ kind: 'want-chunk', digest: input.digest(), index: input.natural() }),
  },
  chunk: {
    code: 29,
    write: (out, { digest, index, bytes }) => out.id(digest).natural(index).bytes(bytes),
    read: (input) => ({ kind: 'chunk', digest: input.digest(), index: input.natural(), bytes: input.bytes() }),
  },
  'no-chunk': {
    code: 30,
    write: (out, { digest }) => out.id(digest),
    read: (input) => ({ kind: 'no-chunk', digest: input.digest() }),
  },
  checkpointed: {
    code: 31,
    write: (out, { next, digest }) => out.natural(next).id(digest),
    read: (input) => ({ kind: 'checkpointed', next: input.instance(), digest: input.digest() }),
  },
};

function writeCheckpoint(out: FieldWriter, { next, position, chunks, bytes, digest }: Checkpoint): void {
  out.natural(next).natural(position).natural(chunks).natural(bytes).id(digest);
}

function readCheckpoint(input: FieldReader): Checkpoint {
  return {
    next: input.instance(),
    position: input.natural() as Position,
    chunks: input.natural(),
    bytes: input.natural(),
    digest: input.digest(),
  };
}
