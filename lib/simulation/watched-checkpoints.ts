import type {
  CheckpointPlace,
  CheckpointReader,
  CheckpointReceiver,
  CheckpointStore,
  CheckpointWriter,
} from '../ledger/checkpoint-store.js';
import type { StateMachine } from '../machine/state-machine.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Owner } from './owner.js';

/** To read a chunk takes up to so long. */
const READ_US_MAX = 300;

/**
 * The checkpoints of a process: every call is one at which it may crash, and takes its time. A call to a process that
 * has crashed since is never answered.
 */
export class WatchedCheckpoints<S extends StateMachine> implements CheckpointStore {
  readonly #inner: CheckpointStore;
  readonly #owner: Owner<S>;

  constructor(inner: CheckpointStore, owner: Owner<S>) {
    this.#inner = inner;
    this.#owner = owner;
  }

  create(place: CheckpointPlace): CheckpointWriter {
    const writer = this.#inner.create(place);
    return {
      append: (chunk) => this.#call('stores a chunk', place, () => writer.append(chunk)),
      finish: () => this.#call('completes a checkpoint', place, () => writer.finish()),
      abandon: () => this.#call('abandons a checkpoint', place, () => writer.abandon()),
    };
  }

  receive(checkpoint: Checkpoint): Promise<CheckpointReceiver> {
    return this.#call('receives a checkpoint', checkpoint, async () => {
      const receiver = await this.#inner.receive(checkpoint);
      return {
        received: receiver.received,
        append: (chunk) => this.#call('stores a chunk received', checkpoint, () => receiver.append(chunk)),
        finish: () => this.#call('completes a checkpoint received', checkpoint, () => receiver.finish()),
        pause: () => this.#call('pauses', checkpoint, () => receiver.pause()),
      };
    });
  }

  open(checkpoint: Checkpoint): Promise<CheckpointReader> {
    return this.#call('opens a checkpoint', checkpoint, async () => {
      const reader = await this.#inner.open(checkpoint);
      return {
        chunk: (index) => this.#read(checkpoint, () => reader.chunk(index)),
        close: () => reader.close(),
      };
    });
  }

  removeUnfinished(): Promise<void> {
    return this.#call('removes what is unfinished', BEGINNING, () => this.#inner.removeUnfinished());
  }

  keepOnly(checkpoints: readonly Checkpoint[]): Promise<void> {
    const { watch, process } = this.#owner;
    const place = checkpoints[0] ?? BEGINNING;
    return this.#call('keeps only a checkpoint', place, async () => {
      await this.#inner.keepOnly(checkpoints);
      watch.holds(process);
    });
  }

  async #read<T>(place: CheckpointPlace, action: () => Promise<T>): Promise<T> {
    const { stage, life } = this.#owner;
    await life.later(stage.random.below(READ_US_MAX));
    return this.#call('reads a chunk', place, action);
  }

  /** A call of a port, in whose midst the process may crash, and the promise of its answer, for which the world waits. */
  #call<T>(what: string, { next, position }: CheckpointPlace, action: () => Promise<T>): Promise<T> {
    const { stage, process, life } = this.#owner;
    process.approach('checkpoint');
    if (!life.call()) return new Promise(() => undefined);
    stage.log.note(process.name, what, next, () => `at ${next}, position ${position}`);
    return life.awaiting(action());
  }
}

const BEGINNING: Pick<CheckpointPlace, keyof CheckpointPlace> = { next: 0, position: 0 } as CheckpointPlace;
