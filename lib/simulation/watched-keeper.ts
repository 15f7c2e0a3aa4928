import type { StateMachine } from '../machine/state-machine.js';
import type { Position } from '../model/ids.js';
import type { StateKeeper, StateSink } from '../queue/state-holder.js';
import type { Owner } from './owner.js';
import type { SavedHolder } from './stage.js';

const POSITION_BYTES = 6;

/**
 * The keeper of a replica, in a case that says of each saved state how many operations it has executed, which is then
 * compared with where the queue believes it to be, and cuts its pieces small, so that little states make many chunks.
 */
export class WatchedKeeper<S extends StateMachine> implements StateKeeper {
  readonly #replica: SavedHolder<S>;
  readonly #owner: Owner<S>;

  constructor(replica: SavedHolder<S>, owner: Owner<S>) {
    this.#replica = replica;
    this.#owner = owner;
  }

  *save(): IterableIterator<Uint8Array> {
    const { stage, watch, process, life } = this.#owner;
    const { keeper } = this.#replica;
    stage.log.note(process.name, 'saves', life.position, () => `its state after ${life.position} operations`);
    watch.saves(process, life.position, this.#replica);
    const head = Buffer.alloc(POSITION_BYTES);
    head.writeUIntBE(life.position, 0, POSITION_BYTES);
    yield head;
    for (const piece of keeper.save()) yield* cut(piece, stage.scene.checkpoint?.pieceBytes ?? piece.length);
  }

  restore(end: Position): StateSink {
    const sink = this.#replica.keeper.restore(end);
    let position: number | null = null;
    let parts: Uint8Array[] = [];
    return {
      push: (piece) => {
        if (position === null) {
          position = Buffer.from(piece).readUIntBE(0, POSITION_BYTES);
          return;
        }
        parts.push(piece.subarray(1));
        if (piece[0] === GOES_ON) return;
        sink.push(Buffer.concat(parts));
        parts = [];
      },
      finish: () => {
        sink.finish();
        this.#restored(position ?? 0);
      },
    };
  }

  skipped(tickets: readonly unknown[]): void {
    const { stage, process } = this.#owner;
    stage.log.note(process.name, 'is not told of', tickets.length, () => `${tickets.length} of its own operations`);
    this.#replica.keeper.skipped(tickets);
    stage.stir();
  }

  #restored(position: number): void {
    const { stage, watch, process, life } = this.#owner;
    stage.log.note(process.name, 'goes on', position, () => `from a state after ${position} operations`);
    watch.restored(process, life.position, position, this.#replica);
    life.position = position;
  }
}

const GOES_ON = 1;
const ENDS = 0;

/** Pieces of a piece: each begins with a byte that says whether more of it follow. */
function* cut(piece: Uint8Array, bytesMax: number): Generator<Uint8Array> {
  let at = 0;
  do {
    const part = piece.subarray(at, at + bytesMax);
    at += part.length;
    yield Buffer.concat([Buffer.of(at < piece.length ? GOES_ON : ENDS), part]);
  } while (at < piece.length);
}
