import { development } from '../model/development.js';
import type { Position } from '../model/ids.js';
import type { SavingTask, StateKeeper, StateSink } from '../queue/state-holder.js';
import { StateDecoder } from '../serialization/state-decoder.js';
import { encodeState } from '../serialization/state-encoder.js';
import { triedPieces } from '../serialization/state-trial.js';
import { decodeSavedHead, encodeSavedHead, malformedState } from './saved-head.js';
import { saveInProcess } from './saving-process.js';
import type { StateMachine } from './state-machine.js';
import { SystemState } from './system-state.js';
import type { Ticket } from './ticket.js';

/** The parts of a replica that are saved. */
export interface Saved<S extends StateMachine> {
  readonly state: S;
  readonly system: SystemState;
  /** The decided time, in milliseconds since 1970. */
  readonly time: number;
}

const SYSTEM_FIELDS = Object.getOwnPropertyNames(new SystemState());

/** Saves and restores what a replica holds: the head (saved-head.ts), the system state, the state of the application. */
export class MachineKeeper<S extends StateMachine> implements StateKeeper {
  readonly saveElsewhere: StateKeeper['saveElsewhere'];
  readonly #current: () => Saved<S>;
  readonly #become: (saved: Saved<S>, position: Position) => void;
  readonly #initialFields: readonly string[];
  /** The state that every replica begins with, for the fields that a class has gained since a checkpoint was made. */
  readonly #initialPieces: readonly Uint8Array[];
  /** A copy of the initial state: operations may add fields to the state itself and delete some. */
  readonly #model: object;

  /**
   * `current` has the initial state when this is called. `become` gets the position of the first message that the state does not
   * include. `module` is the URL of the application's module, where it names one.
   * @throws TreplicaError NOT_SERIALIZABLE or CLASS_NOT_REGISTERED where no such state can be saved.
   */
  constructor(
    current: () => Saved<S>,
    become: (saved: Saved<S>, position: Position) => void,
    module: string | undefined,
  ) {
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
    const { state, system, time } = this.#current();
    yield encodeSavedHead(time);
    yield* encodeState(system, SYSTEM_FIELDS);
    yield* encodeState(state, this.#initialFields);
  }

  restore(position: Position): StateSink {
    let time: number | null = null;
    const system = new StateDecoder(new SystemState());
    const state = new StateDecoder(this.#initialState(this.#model));
    return {
      push: (piece) => {
        if (time === null) time = decodeSavedHead(piece);
        else if (!system.isWhole) system.push(piece);
        else state.push(piece);
      },
      finish: () => {
        if (time === null) throw malformedState();
        this.#become({ state: state.finish() as S, system: system.finish() as SystemState, time }, position);
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
