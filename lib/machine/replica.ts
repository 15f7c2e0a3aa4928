import { development } from '../model/development.js';
import { TreplicaError, UnknownOutcomeError } from '../model/errors.js';
import type { Position } from '../model/ids.js';
import { describeHead, MESSAGE_HEAD_BYTES, MessageHead, unknownHead } from '../queue/message-head.js';
import type { DeliveredBatch, HolderContext, StateHolder } from '../queue/state-holder.js';
import { decode } from '../serialization/codec.js';
import { detach } from '../serialization/detach.js';
import { codecFor } from '../serialization/registry.js';
import { DecidedContext, type ExecutionContext } from './execution-context.js';
import { MachineKeeper } from './machine-keeper.js';
import { Operation } from './operation.js';
import { PositionWaits } from './position-waits.js';
import { processFaultIn } from './process-faults.js';
import { SkippedMessages } from './skipped-messages.js';
import { StateCheck } from './state-check.js';
import type { StateMachine } from './state-machine.js';
import { SystemOperation } from './system-operation.js';
import { SystemState } from './system-state.js';
import { isThenable, silence } from './thenables.js';
import { detachThrown } from './thrown.js';
import { Ticket } from './ticket.js';

/** The copy of the state at this process: executes the operations that the queue delivers, and answers the callers of this process. */
export class Replica<S extends StateMachine> implements StateHolder {
  readonly keeper: MachineKeeper<S>;
  readonly #context = new DecidedContext();
  readonly #check = new StateCheck();
  readonly #systemCheck = new StateCheck();
  readonly #onStopped: (cause: Error | null) => void;
  readonly #skippedMessages = new SkippedMessages();
  /** Reads that wait for a position. */
  readonly positionWaits = new PositionWaits();
  #state: S;
  #system = new SystemState();

  /**
   * `onStopped` is told when the queue has stopped, after the callers have been. `module` is the URL of the module with which
   * another process can make the same state, if there is one.
   * @throws TreplicaError NOT_SERIALIZABLE or CLASS_NOT_REGISTERED where the state cannot be saved.
   */
  constructor(initialState: S, onStopped: (cause: Error | null) => void, module?: string) {
    this.#state = initialState;
    this.#onStopped = onStopped;
    this.keeper = new MachineKeeper(
      () => ({ state: this.#state, system: this.#system, time: this.#context.latestTime }),
      ({ state, system, time }, position) => {
        this.#state = state;
        this.#system = system;
        this.#context.latestTime = time;
        this.positionWaits.reached(position);
      },
      module,
    );
  }

  /** After a checkpoint has been restored, this is another object. */
  get state(): S {
    return this.#state;
  }

  /** Treplica's own part of the state. After a checkpoint has been restored, this is another object. */
  get system(): SystemState {
    return this.#system;
  }

  /** Of the first message that the state does not include. It never goes back. */
  get position(): Position {
    return this.positionWaits.position;
  }

  get decidedTimeMs(): number {
    return this.#context.latestTime;
  }

  bound(context: HolderContext): void {
    this.#skippedMessages.tellBy(context);
  }

  /** Only operations are accepted: every replica skips all other messages. */
  accepts(ticket: unknown): boolean {
    return ticket instanceof Ticket;
  }

  /**
   * Executes what is an operation by its first byte, and passes over what is put for readers.
   * @throws TreplicaError CLASS_NOT_REGISTERED or MALFORMED_BYTES for an operation that this replica cannot read, MESSAGE_VERSION
   * for a message of an unknown version or kind, and EXECUTION_FAILED for an operation that this process is not able to carry
   * out. Other replicas may have executed it. This one cannot go on: it would hold another state than they do.
   */
  deliver({ position, proposedAtMs, messages, tickets }: DeliveredBatch): void {
    let i = 0;
    for (const message of messages) {
      const at = position + i;
      const ticket = tickets?.[i] as Ticket | undefined;
      switch (message[0]) {
        case MessageHead.operation:
          this.#execute(operationIn(message, at, Operation), this.#state, at, proposedAtMs, ticket);
          this.#system.operations += 1;
          break;
        case MessageHead.systemOperation:
          this.#execute(operationIn(message, at, SystemOperation), this.#system, at, proposedAtMs, ticket);
          this.#system.systemOperations += 1;
          break;
        case MessageHead.raw:
        case MessageHead.value:
        case undefined:
          this.#context.passTo(proposedAtMs);
          this.#skippedMessages.skipped(at, message[0]);
          break;
        default:
          throw unknownHead(message[0], at);
      }
      i += 1;
    }
    this.positionWaits.reached((position + i) as Position);
  }

  /** `tickets` are also those of a batch that `deliver` threw in the middle of: some of them may be settled. */
  stopped(tickets: readonly unknown[], cause: Error | null): void {
    for (const ticket of tickets as readonly (Ticket | undefined)[]) {
      if (ticket?.isSettled !== false) continue;
      const message = `The state machine stopped before ${ticket.name} had been executed here.`;
      ticket.reject(new UnknownOutcomeError(message, cause === null ? {} : { cause }));
    }
    this.#onStopped(cause);
  }

  /** `state` is the part that the operation changes: the application's or the system's. */
  #execute(
    operation: Executable,
    state: object,
    position: number,
    proposedAtMs: number,
    ticket: Ticket | undefined,
  ): void {
    let result: unknown;
    this.#context.enter(position, proposedAtMs);
    try {
      result = operation.execute(state as never, this.#context);
      if (isThenable(result)) refuse(result, operation);
    } catch (error) {
      const fault = processFaultIn(error);
      if (fault !== null) throw executionFailed(operation, position, fault);
      // An error that an operation throws is its outcome: it is the same at every replica, and only the caller has to
      // deal with it.
      if (ticket?.isSettled === false)
        ticket.reject(detachThrown(error, `${operation.constructor.name} has been executed`));
      return;
    } finally {
      this.#context.leave();
    }
    if (ticket !== undefined) this.#answer(ticket, result, operation, state);
  }

  /** The state has been changed before this: an error here concerns only the caller. */
  #answer(ticket: Ticket, result: unknown, operation: object, state: object): void {
    try {
      if (development.isOn) (state === this.#system ? this.#systemCheck : this.#check).after(operation, state);
      if (!ticket.isSettled) ticket.resolve(detachResult(result, operation));
    } catch (error) {
      if (!ticket.isSettled) ticket.reject(error);
    }
  }
}

interface Executable {
  execute(state: never, context: ExecutionContext): unknown;
}

function operationIn<T extends object>(message: Uint8Array, position: number, type: abstract new () => T): T {
  const operation = decode(message, MESSAGE_HEAD_BYTES);
  if (operation instanceof type) return operation;
  throw new TreplicaError(
    'MALFORMED_BYTES',
    `The message at position ${position} is marked as ${describeHead(message[0])}, and is none: another program writes to this queue.`,
  );
}

function refuse(result: PromiseLike<unknown>, operation: object): never {
  // No caller gets this promise. An unhandled rejection would end the process at every replica.
  silence(result);
  throw new TreplicaError(
    'OPERATION_ASYNCHRONOUS',
    `${operation.constructor.name}.execute returned a promise: its work after the first await happens at no defined position, and replicas may differ now. Make execute synchronous.`,
  );
}

function executionFailed(operation: object, position: number, fault: Error): TreplicaError {
  const { constructor } = operation;
  const name = codecFor(constructor.prototype as object)?.prefix ?? 'unknown';
  return new TreplicaError(
    'EXECUTION_FAILED',
    `This process was not able to carry out ${constructor.name} ('${name}') at position ${position}: ${fault.message}. Whether that happens depends on the process (its stack, its memory, its version of Node, files, time) and not on the operation alone, so that this replica stops rather than hold another state than others, which may have executed it. All replicas may stop there, at every start: give the process what it lacks (node --stack-size with ulimit -s, or memory), or change the operation so that it needs less, the same at all replicas.`,
    { cause: fault },
  );
}

function detachResult(result: unknown, operation: object): unknown {
  try {
    return detach(result);
  } catch (cause) {
    const reason = (cause as Error).message;
    const message = `${operation.constructor.name} has been executed, but its result cannot be copied for the caller. ${reason}`;
    throw new TreplicaError('NOT_SERIALIZABLE', message, { cause });
  }
}
