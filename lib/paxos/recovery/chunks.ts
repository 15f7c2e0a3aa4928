/**
 * A checkpoint is a sequence of chunks: the head, and then those that hold the pieces of the holder's state, each after its
 * length (31 bits). A piece that is larger than a chunk is cut into parts; where the highest bit of the length is set, the next
 * part follows. Both ways are cut into turns of the event loop, so that nothing else waits for long.
 */
import type { CheckpointReader, CheckpointWriter } from '../../ledger/checkpoint-store.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import type { StateKeeper, StateSink } from '../../queue/state-holder.js';

/** Resolves in a later turn of the event loop. */
export type NextTurn = () => Promise<void>;

const LENGTH_BYTES = 4;
const MORE = 2 ** 31;

/** Pieces that are made, or taken in, in one turn. */
const PIECES_A_TURN = 4;

/** Appends all of the state. It must not change before the promise resolves. */
export async function saveState(
  pieces: Iterable<Uint8Array>,
  writer: Pick<CheckpointWriter, 'append'>,
  nextTurn: NextTurn,
  chunkBytes: number = constants.checkpointChunkBytes,
): Promise<void> {
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  let count = 0;
  const append = async (): Promise<void> => {
    const joined = Buffer.concat(chunk, bytes);
    chunk = [];
    bytes = 0;
    await writer.append(joined);
  };
  const add = async (part: Uint8Array, isLast: boolean): Promise<void> => {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(part.length + (isLast ? 0 : MORE));
    chunk.push(length, part);
    bytes += LENGTH_BYTES + part.length;
    if (bytes >= chunkBytes) await append();
  };
  for (const piece of pieces) {
    let at = 0;
    for (; piece.length - at > chunkBytes; at += chunkBytes) await add(piece.subarray(at, at + chunkBytes), false);
    await add(piece.subarray(at), true);
    count += 1;
    if (count % PIECES_A_TURN === 0) await nextTurn();
  }
  if (bytes > 0) await append();
}

/** Gives all of the state in the chunks of a checkpoint behind the first one to the keeper. The sink is still to be finished. */
export async function restoreState(
  reader: CheckpointReader,
  { chunks, position }: Pick<Checkpoint, 'chunks' | 'position'>,
  keeper: StateKeeper,
  nextTurn: NextTurn,
): Promise<StateSink> {
  const sink = keeper.restore(position);
  let parts: Buffer[] = [];
  let count = 0;
  for (let index = 1; index < chunks; index += 1) {
    for (const { part, isLast } of partsOf(await reader.chunk(index))) {
      parts.push(part);
      if (!isLast) continue;
      sink.push(parts.length === 1 ? part : Buffer.concat(parts));
      parts = [];
      count += 1;
      if (count % PIECES_A_TURN === 0) await nextTurn();
    }
  }
  if (parts.length > 0) throw malformed();
  return sink;
}

function* partsOf(chunk: Buffer): Generator<{ readonly part: Buffer; readonly isLast: boolean }> {
  let at = 0;
  while (at < chunk.length) {
    const start = at + LENGTH_BYTES;
    if (start > chunk.length) throw malformed();
    const length = chunk.readUInt32BE(at);
    at = start + (length % MORE);
    if (at > chunk.length) throw malformed();
    yield { part: chunk.subarray(start, at), isLast: length < MORE };
  }
}

function malformed(): TreplicaError {
  return new TreplicaError('MALFORMED_BYTES', 'A chunk of a checkpoint does not consist of pieces of a state.');
}
