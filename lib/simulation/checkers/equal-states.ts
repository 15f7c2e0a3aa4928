import { deserialize } from 'node:v8';

import type { StateMachine } from '../../machine/state-machine.js';
import type { BatchContent } from '../../sequence/batch-body.js';
import { difference } from './difference.js';
import { type Held, imageOf, isCompared, type Outcome, outcomeOf, Reference } from './reference.js';

type Report = (text: string) => void;

/**
 * Equal states at equal positions: every replica is compared with a reference that executes the same operations one after
 * the other, once, in the order in which they were chosen. So is every state that is saved or restored, and every outcome
 * that a caller is told.
 */
export class EqualStates<S extends StateMachine> {
  readonly #report: Report;
  readonly #reference: Reference<S>;

  /** `execute` runs an operation as the replicas run theirs; `savesStates` where `compareAnywhere` is called. */
  constructor(initialState: () => S, execute: (action: () => void) => void, report: Report, savesStates = false) {
    this.#report = report;
    this.#reference = new Reference(initialState, execute, savesStates);
  }

  /** A batch has been ordered: `place` operations come before it. */
  ordered(place: number, content: BatchContent): void {
    this.#reference.ordered(place, content);
  }

  /** A replica that had executed `before` operations has executed a batch. Returns whether its state has been looked at. */
  executed(name: string, before: number, position: number, held: Held<S>): boolean {
    if (!isCompared(before, position)) return false;
    this.compare(name, position, held);
    return true;
  }

  /** Looks at a state where there is an image to compare it with. */
  compare(name: string, position: number, held: Held<S>): void {
    const image = this.#reference.imageAt(position);
    if (image !== undefined) this.#compare(name, position, held, image);
  }

  /** Looks at a state wherever it stands. */
  compareAnywhere(name: string, position: number, held: Held<S>): void {
    const image = this.#reference.imageAnywhere(position);
    if (image !== undefined) this.#compare(name, position, held, image);
    else this.#report(`${name} has a state after ${position} operations, and ${this.#reference.position} are known`);
  }

  /** A caller is told what the operation at `position` returned or threw. */
  told(name: string, position: number, outcome: () => unknown): void {
    const expected = this.#reference.outcomeAt(position);
    if (expected === undefined) return;
    const told = outcomeOf(outcome);
    if (isSame(expected.outcome, told)) return;
    const where = difference(valueOf(expected.outcome), valueOf(told), 'the outcome');
    if (where !== null) this.#report(`of the operation at ${position}, by itself and as told at ${name}, ${where}`);
  }

  #compare(name: string, position: number, held: Held<S>, image: Buffer): void {
    const own = imageOf(held);
    if (image.equals(own)) return;
    const [expected, found] = [deserialize(image) as Held<S>, deserialize(own) as Held<S>];
    const where =
      difference(expected.state, found.state, 'state') ?? difference(expected.system, found.system, 'system state');
    if (where !== null) this.#report(`after ${position} operations, by themselves and at ${name}, ${where}`);
  }
}

function isSame(one: Outcome, other: Outcome): boolean {
  if (Object.is(one, other)) return true;
  return Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other);
}

function valueOf(outcome: Outcome): unknown {
  return Buffer.isBuffer(outcome) ? deserialize(outcome) : outcome;
}
