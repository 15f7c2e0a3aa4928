/**
 * A checkpoint is a sequence of chunks: the head, and then those that hold the pieces of the holder's state, each after its
 * length (u32). Both ways are cut into turns of the event loop, so that nothing else waits for long.
 */
import type { CheckpointReader, CheckpointWriter } from '../ledger/checkpoint-store.js';
import { TreplicaError } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { StateKeeper, StateSink } from './state-holder.js';

/** Resolves in a later turn of the event loop. */
export type NextTurn = () => Promise<void>;

const LENGTH_BYTES = 4;

/** Pieces that are made, or taken in, in one turn. */
const PIECES_A_TURN = 4;

/** Appends all of the state. It must not change before the promise resolves. */
export async function saveState(
  pieces: Iterable<Uint8Array>,
  writer: Pick<CheckpointWriter, 'append'>,
  nextTurn: NextTurn,
  chunkBytes: number = limits.checkpointChunkBytes,
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
  for (const piece of pieces) {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(piece.length);
    chunk.push(length, piece);
    bytes += LENGTH_BYTES + piece.length;
    if (bytes >= chunkBytes) await append();
    count += 1;
    if (count % PIECES_A_TURN === 0) await nextTurn();
  }
  if (bytes > 0) await append();
}

/** Gives all of the state in chunks `1 <= index < chunks` to the keeper. The sink is still to be finished. */
export async function restoreState(
  reader: CheckpointReader,
  chunks: number,
  keeper: StateKeeper,
  nextTurn: NextTurn,
): Promise<StateSink> {
  const sink = keeper.restore();
  let count = 0;
  for (let index = 1; index < chunks; index += 1) {
    for (const piece of piecesOf(await reader.chunk(index))) {
      sink.push(piece);
      count += 1;
      if (count % PIECES_A_TURN === 0) await nextTurn();
    }
  }
  return sink;
}

function* piecesOf(chunk: Buffer): Generator<Buffer> {
  let at = 0;
  while (at < chunk.length) {
    const start = at + LENGTH_BYTES;
    if (start > chunk.length) throw malformed();
    at = start + chunk.readUInt32BE(at);
    if (at > chunk.length) throw malformed();
    yield chunk.subarray(start, at);
  }
}

function malformed(): TreplicaError {
  return new TreplicaError('MALFORMED_BYTES', 'A chunk of a checkpoint does not consist of pieces of a state.');
}
