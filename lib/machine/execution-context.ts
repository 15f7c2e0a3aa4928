import { TreplicaError } from '../model/errors.js';
import { Sfc32 } from '../model/sfc32.js';

/**
 * Time, randomness and ids for an operation: the same at every replica, and again when the log is replayed. An operation takes
 * them from here, never from `Date.now()`, `Math.random()` or `randomUUID()`. Valid until `execute` returns: afterwards every
 * use throws OPERATION_ASYNCHRONOUS.
 */
export interface ExecutionContext {
  /** Number of operations executed before this one. */
  readonly position: number;

  /** The decided time in milliseconds since 1970: the clock of the process that the operation came from. Never goes back. */
  readonly time: number;

  /** The decided time as a new Date object. */
  now(): Date;

  /** The next random number of this operation, in [0, 1). Anyone can compute it: do not use it for secrets. */
  random(): number;

  /** An id that no other call in the group's life returns. */
  uniqueId(): string;
}

/**
 * The only context of a replica: it is set to each operation in turn, because one object for each operation would cost too
 * much.
 */
export class DecidedContext implements ExecutionContext {
  #isValid = false;
  #position = -1;
  #time = 0;
  #idsGiven = 0;
  #random: Sfc32 | null = null;

  /** Sets the context to the operation at `position`. Time advances to `proposedAtMs` if that is later. */
  enter(position: number, proposedAtMs: number): void {
    this.#isValid = true;
    this.#position = position;
    this.passTo(proposedAtMs);
    this.#idsGiven = 0;
    this.#random = null;
  }

  /** Time advances to `proposedAtMs` if that is later, also for a message that is no operation. */
  passTo(proposedAtMs: number): void {
    if (proposedAtMs > this.#time) this.#time = proposedAtMs;
  }

  leave(): void {
    this.#isValid = false;
  }

  /** The decided time of the latest operation: it is saved with a state. */
  get latestTime(): number {
    return this.#time;
  }

  set latestTime(time: number) {
    this.#time = time;
  }

  get position(): number {
    this.#check();
    return this.#position;
  }

  get time(): number {
    this.#check();
    return this.#time;
  }

  now(): Date {
    return new Date(this.time);
  }

  random(): number {
    this.#check();
    this.#random ??= new Sfc32(this.#position);
    return this.#random.nextFraction();
  }

  uniqueId(): string {
    this.#check();
    this.#idsGiven += 1;
    return `${this.#position.toString(36)}-${this.#idsGiven.toString(36)}`;
  }

  #check(): void {
    if (this.#isValid) return;
    throw new TreplicaError(
      'OPERATION_ASYNCHRONOUS',
      'The context of an operation was used after the operation had ended: take what is needed from it before execute returns, and leave no callbacks behind.',
    );
  }
}
