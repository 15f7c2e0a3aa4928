import { mark, otherCopyOf, twoCopies } from '../model/copies.js';
import { TreplicaError } from '../model/errors.js';
import { checkClass, checkNamed, register } from '../serialization/registry.js';
import type { ExecutionContext } from './execution-context.js';
import type { StateMachine } from './state-machine.js';

/**
 * A change of the state `S`, as an object: its fields say what to change, `execute` how. `R` is the type of the result that the
 * caller of `machine.execute` gets. Register a subclass with `@operation`.
 *
 * ```ts
 * @operation('auction.bid')
 * class PlaceBid extends Operation<AuctionHouse, Bid> {
 *   constructor(readonly auctionId: string, readonly bidder: string, readonly amount: number) { super(); }
 *
 *   execute(house: AuctionHouse, context: ExecutionContext): Bid {
 *     const auction = house.open(this.auctionId); // throws before anything has changed
 *     return auction.bid(this.bidder, this.amount, context.now());
 *   }
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- `machine.execute` infers from both
export abstract class Operation<S extends StateMachine, R = void> {
  /**
   * Changes the state. Runs at every replica, in the same order, one operation at a time, on a copy of the operation that is
   * made from its fields alone. It must do the same everywhere: it is synchronous, and uses only `state`, its own fields and
   * `context`.
   *
   * The caller gets a copy of the result. If it throws, the caller's promise rejects with that error; nothing is undone, and
   * every replica keeps the part of the change that was made before. So check first, and change afterwards.
   */
  abstract execute(state: S, context: ExecutionContext): R;
}

mark(Operation.prototype);

/** A class that `@operation` can decorate. */
export type OperationClass = abstract new (...args: never[]) => Operation<never, unknown>;

/**
 * Registers a class of operations under the name by which messages refer to it. The name is in the log for ever: a class
 * may be renamed, its name here may not.
 *
 * Throws OPERATION_ASYNCHRONOUS if `execute` is async or a generator, NOT_SERIALIZABLE if instances cannot be carried,
 * CLASS_REGISTERED_TWICE if the name is taken, and INVALID_OPTION for an invalid name or a class that does not extend
 * Operation.
 */
export function operation(name: string): (type: OperationClass) => void {
  checkNamed('operation', name);
  return (type) => {
    checkClass('operation', name, type);
    if (!(type.prototype instanceof Operation)) {
      const elsewhere = otherCopyOf(type.prototype as object);
      if (elsewhere !== null)
        throw twoCopies(`${type.name} ('${name}') extends the Operation of another copy of Treplica.`, elsewhere);
      throw new TreplicaError(
        'INVALID_OPTION',
        `${type.name} ('${name}') is decorated with @operation and does not extend Operation: make it extend it.`,
      );
    }
    refuseAsynchronous(type, name);
    register(type, name);
  };
}

function refuseAsynchronous(type: OperationClass, name: string): void {
  const { execute } = type.prototype as { readonly execute?: unknown };
  const kind = Object.prototype.toString.call(execute).slice('[object '.length, -1);
  if (kind === 'Function') return;
  if (!kind.endsWith('Function')) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `${type.name} ('${name}') has no method execute: give it one, as a method and not as a field.`,
    );
  }
  throw new TreplicaError(
    'OPERATION_ASYNCHRONOUS',
    `${type.name}.execute ('${name}') is a ${kind}: operations run one after the other at every replica and have to be done when execute returns. Do asynchronous work before, and put its result into the operation's fields.`,
  );
}
