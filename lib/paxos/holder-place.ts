import type { Instance } from '../model/ids.js';
import { handOver } from '../queue/holder-checks.js';
import type { Consumer, HolderContext, StateKeeper } from '../queue/state-holder.js';
import type { Cursor, Passage } from '../sequence/cursor.js';

/**
 * The consumer to which a queue is bound, and how far it has been given the sequence: mostly up to the front, and
 * behind it where it is slow.
 */
export class HolderPlace {
  #holder: Consumer | null = null;
  /** The holder's place while it is behind the front. */
  #behind: Cursor | null = null;
  /** Whether the holder still has the state that it had when it was bound. */
  #isFresh = true;

  /** Null before the queue is bound. */
  get holder(): Consumer | null {
    return this.#holder;
  }

  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** Null where the holder is at the front, or nothing is bound. */
  get behind(): Cursor | null {
    return this.#behind;
  }

  /** The keeper that saves the holder's state; null if there is no holder, or if it has none. */
  get keeper(): StateKeeper | null {
    return this.#holder?.keeper ?? null;
  }

  /** Whether it takes more; where nothing is bound nothing keeps delivery back. */
  get isReady(): boolean {
    return this.#holder?.isReady !== false;
  }

  /** @throws what the holder throws: then it is not bound */
  bind(holder: Consumer, context: HolderContext): void {
    holder.bound?.(context);
    this.#holder = holder;
  }

  /** Where the holder is, with the front where that is; null where there is none. */
  cursor(front: Cursor): Cursor | null {
    return this.#holder === null ? null : (this.#behind ?? front);
  }

  /** The front goes on without the holder. */
  fallBehind(front: Cursor): void {
    this.#behind ??= front.copy();
  }

  /** The holder is where the front is. */
  isAtFront(): void {
    this.#behind = null;
  }

  /** Whether the holder has come to the front, which is at `next`. */
  hasReached(next: Instance): boolean {
    return this.#behind?.next === next;
  }

  /** It has been given a state. */
  restored(): void {
    this.#isFresh = false;
  }

  /** @throws what the holder throws */
  give({ position, origin, proposedAtMs, messages }: Passage, tickets: readonly unknown[] | null): void {
    if (this.#holder === null) return;
    this.#isFresh = false;
    handOver(this.#holder, { position, origin, proposedAtMs, messages, tickets });
  }
}
