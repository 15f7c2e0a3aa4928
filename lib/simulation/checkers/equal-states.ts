import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';

import { DecidedContext } from '../../machine/execution-context.js';
import type { Operation } from '../../machine/operation.js';
import type { StateMachine } from '../../machine/state-machine.js';
import type { BatchContent } from '../../queue/batch-body.js';
import { decode } from '../../serialization/codec.js';
import { difference } from './difference.js';

type Report = (text: string) => void;

/** States are compared at the end of each batch in which so many operations, or a multiple of it, are complete. */
const STRIDE = 16;

/** Images of states this many positions back are forgotten. */
const IMAGES_KEPT = 256;

/** What an operation returned or threw: a primitive as it is, anything else as bytes that nobody can change any more. */
type Outcome = unknown;

/**
 * Equal states at equal positions: every replica is compared with a reference that executes the same operations one after
 * the other, once, in the order in which they were chosen. So is every outcome that a caller is told.
 */
export class EqualStates<S extends StateMachine> {
  readonly #report: Report;
  readonly #execute: (action: () => void) => void;
  readonly #reference: S;
  readonly #context = new DecidedContext();
  readonly #images = new Map<number, Buffer>();
  readonly #outcomes: Outcome[] = [];
  #position = 0;

  /** `execute` runs an operation as the replicas run theirs. */
  constructor(initialState: () => S, execute: (action: () => void) => void, report: Report) {
    this.#report = report;
    this.#execute = execute;
    this.#reference = initialState();
    this.#images.set(0, serialize(this.#reference));
  }

  /** A batch has been ordered: `place` operations come before it. */
  ordered(place: number, { messages, proposedAtMs }: BatchContent): void {
    this.#execute(() => {
      messages.forEach((message, i) => {
        const operation = decode(message) as Operation<S, unknown>;
        this.#context.enter(place + i, proposedAtMs);
        this.#outcomes[place + i] = outcomeOf(() => operation.execute(this.#reference, this.#context));
        this.#context.leave();
      });
    });
    this.#position = place + messages.length;
    if (!isCompared(place, this.#position)) return;
    this.#images.set(this.#position, serialize(this.#reference));
    for (const position of this.#images.keys()) {
      if (position >= this.#position - IMAGES_KEPT * STRIDE) break;
      this.#images.delete(position);
    }
  }

  /** A replica that had executed `before` operations has executed a batch. Returns whether its state has been looked at. */
  executed(name: string, before: number, position: number, state: S): boolean {
    if (!isCompared(before, position)) return false;
    this.compare(name, position, state);
    return true;
  }

  compare(name: string, position: number, state: S): void {
    const image = position === this.#position ? serialize(this.#reference) : this.#images.get(position);
    const own = serialize(state);
    if (image === undefined || image.equals(own)) return;
    const where = difference(deserialize(image), deserialize(own));
    if (where !== null) this.#report(`after ${position} operations, by themselves and at ${name}, ${where}`);
  }

  /** A caller is told what the operation at `position` returned or threw. */
  told(name: string, position: number, outcome: () => unknown): void {
    if (position >= this.#outcomes.length) return;
    const expected = this.#outcomes[position];
    const told = outcomeOf(outcome);
    if (Object.is(expected, told)) return;
    if (Buffer.isBuffer(expected) && Buffer.isBuffer(told) && expected.equals(told)) return;
    const where = difference(valueOf(expected), valueOf(told), 'the outcome');
    if (where !== null) this.#report(`of the operation at ${position}, by itself and as told at ${name}, ${where}`);
  }
}

function isCompared(before: number, position: number): boolean {
  return Math.floor(before / STRIDE) !== Math.floor(position / STRIDE);
}

function outcomeOf(action: () => unknown): Outcome {
  try {
    const result = action();
    // Nobody is given this promise: if it were rejected, as unhandled, that would end the simulator.
    if (types.isPromise(result)) result.catch(() => undefined);
    return typeof result === 'object' && result !== null ? serialize(result) : result;
  } catch (error) {
    return serialize({ error: error instanceof Error ? error.message : String(error) });
  }
}

function valueOf(outcome: Outcome): unknown {
  return Buffer.isBuffer(outcome) ? deserialize(outcome) : outcome;
}
