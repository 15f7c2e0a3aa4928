import { development } from '../model/development.js';
import { TreplicaError } from '../model/errors.js';
import type { SavingTask, StateKeeper, StateSink } from '../queue/state-holder.js';
import { StateDecoder } from '../serialization/state-decoder.js';
import { encodeState } from '../serialization/state-encoder.js';
import { triedPieces } from '../serialization/state-trial.js';
import { saveInProcess } from './saving-process.js';
import type { StateMachine } from './state-machine.js';
import type { Ticket } from './ticket.js';

/** What a replica consists of, as far as it has to be saved. */
export interface Saved<S extends StateMachine> {
  readonly state: S;
  /** The decided time, in milliseconds since 1970. */
  readonly time: number;
}

const TIME_BYTES = 8;

/** Saves and restores the state of one replica: first the decided time (f64), then the state. */
export class MachineKeeper<S extends StateMachine> implements StateKeeper {
  readonly saveElsewhere: StateKeeper['saveElsewhere'];
  readonly #current: () => Saved<S>;
  readonly #become: (saved: Saved<S>) => void;
  readonly #initialFields: readonly string[];
  /** The state that every replica begins with, for the fields that a class has gained since a checkpoint was made. */
  readonly #initialPieces: readonly Uint8Array[];
  /** A copy: operations give the state itself fields, and take some from it. */
  readonly #model: object;

  /**
   * `current` has the initial state when this is called. `module` is the URL of the application's module, where it names
   * one.
   * @throws TreplicaError NOT_SERIALIZABLE or CLASS_NOT_REGISTERED where no such state can be saved.
   */
  constructor(current: () => Saved<S>, become: (saved: Saved<S>) => void, module: string | undefined) {
    this.saveElsewhere =
      module === undefined
        ? undefined
        : (task: SavingTask, signal: AbortSignal, progressed: (step: string) => void) =>
            saveInProcess({ task, module }, signal, progressed);
    this.#current = current;
    this.#become = become;
    const { state } = current();
    this.#initialFields = Object.getOwnPropertyNames(state);
    this.#initialPieces = development.isOn
      ? triedPieces(state, this.#initialFields)
      : [...encodeState(state, this.#initialFields)];
    this.#model = this.#initialState(state);
  }

  *save(): IterableIterator<Uint8Array> {
    const { state, time } = this.#current();
    const head = Buffer.allocUnsafe(TIME_BYTES);
    head.writeDoubleBE(time);
    yield head;
    yield* encodeState(state, this.#initialFields);
  }

  restore(): StateSink {
    let time: number | null = null;
    const decoder = new StateDecoder(this.#initialState(this.#model));
    return {
      push: (piece) => {
        if (time === null) time = timeIn(piece);
        else decoder.push(piece);
      },
      finish: () => {
        if (time === null) throw malformed();
        this.#become({ state: decoder.finish() as S, time });
      },
    };
  }

  skipped(tickets: readonly unknown[]): void {
    for (const ticket of tickets as readonly (Ticket | undefined)[]) ticket?.skip();
  }

  #initialState(model: object): object {
    const decoder = new StateDecoder(model);
    for (const piece of this.#initialPieces) decoder.push(piece);
    return decoder.finish();
  }
}

function timeIn(piece: Uint8Array): number {
  if (piece.length !== TIME_BYTES) throw malformed();
  return Buffer.from(piece.buffer, piece.byteOffset, TIME_BYTES).readDoubleBE(0);
}

function malformed(): TreplicaError {
  return new TreplicaError('MALFORMED_BYTES', 'The checkpoint is not one of a state machine: something else wrote it.');
}
