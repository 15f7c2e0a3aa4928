import { types } from 'node:util';
import { serialize } from 'node:v8';

import { DecidedContext } from '../../machine/execution-context.js';
import type { Operation } from '../../machine/operation.js';
import type { StateMachine } from '../../machine/state-machine.js';
import type { SystemOperation } from '../../machine/system-operation.js';
import { SystemState } from '../../machine/system-state.js';
import { MESSAGE_HEAD_BYTES, MessageHead } from '../../queue/message-head.js';
import type { BatchContent } from '../../sequence/batch-body.js';
import { decode } from '../../serialization/codec.js';

/** States are compared at the end of each batch in which so many operations, or a multiple of it, are complete. */
const STRIDE = 16;

/** Images of states this many strides back are forgotten. */
const STRIDES_KEPT = 256;

/** As many ends of batches have an image, whether or not something is complete there: mostly a process saves its state there. */
const RECENT_KEPT = 32;

/** The states that a replica holds: that of the application, and Treplica's own. */
export interface Held<S extends StateMachine> {
  readonly state: S;
  readonly system: SystemState;
}

/**
 * The value that an operation returned or threw: a primitive as it is, anything else as bytes that nobody can change
 * any more.
 */
export type Outcome = unknown;

/** Whether states are compared where a replica that had executed `before` operations has executed `position`. */
export function isCompared(before: number, position: number): boolean {
  return Math.floor(before / STRIDE) !== Math.floor(position / STRIDE);
}

/** Executes all operations one after the other, once, in the order in which they were chosen, and keeps images of states. */
export class Reference<S extends StateMachine> {
  readonly #initialState: () => S;
  readonly #execute: (action: () => void) => void;
  readonly #keepsRecent: boolean;
  readonly #held: Held<S>;
  readonly #context = new DecidedContext();
  readonly #images = new Map<number, Buffer>();
  readonly #recent = new Map<number, Buffer>();
  /** Of places that somebody has asked for, and will again. */
  readonly #asked = new Map<number, Buffer>();
  readonly #contents: { readonly place: number; readonly content: BatchContent }[] = [];
  readonly #outcomes: Outcome[] = [];
  #position = 0;

  /** `execute` runs an operation as the replicas run theirs; `keepsRecent` where states are asked for at any place. */
  constructor(initialState: () => S, execute: (action: () => void) => void, keepsRecent: boolean) {
    this.#initialState = initialState;
    this.#execute = execute;
    this.#keepsRecent = keepsRecent;
    this.#held = { state: initialState(), system: new SystemState() };
    this.#images.set(0, imageOf(this.#held));
  }

  /** How many operations it has executed. */
  get position(): number {
    return this.#position;
  }

  /** Undefined for an operation that it has not executed. */
  outcomeAt(position: number): { readonly outcome: Outcome } | undefined {
    return position < this.#outcomes.length ? { outcome: this.#outcomes[position] } : undefined;
  }

  /** A batch has been ordered: `place` operations come before it. */
  ordered(place: number, content: BatchContent): void {
    this.#contents.push({ place, content });
    this.#execute(() => {
      run(this.#held, this.#context, place, content, (position, outcome) => {
        this.#outcomes[position] = outcome;
      });
    });
    this.#position = place + content.messages.length;
    const isOnStride = isCompared(place, this.#position);
    if (!isOnStride && !this.#keepsRecent) return;
    const image = imageOf(this.#held);
    if (isOnStride) keep(this.#images, this.#position, image, STRIDES_KEPT);
    if (this.#keepsRecent) keep(this.#recent, this.#position, image, RECENT_KEPT);
  }

  /** Undefined where there is none. */
  imageAt(position: number): Buffer | undefined {
    return position === this.#position ? imageOf(this.#held) : this.#images.get(position);
  }

  /** Undefined where so much has not been executed. */
  imageAnywhere(position: number): Buffer | undefined {
    if (position > this.#position) return undefined;
    const known = this.#asked.get(position);
    if (known !== undefined) return known;
    const image = this.imageAt(position) ?? this.#recent.get(position) ?? this.#again(position);
    this.#asked.set(position, image);
    return image;
  }

  /** Executes everything once more, up to there. */
  #again(position: number): Buffer {
    const held = { state: this.#initialState(), system: new SystemState() };
    const context = new DecidedContext();
    this.#execute(() => {
      for (const { place, content } of this.#contents) {
        if (place >= position) break;
        run(held, context, place, { ...content, messages: content.messages.slice(0, position - place) });
      }
    });
    return imageOf(held);
  }
}

/** Of what a replica holds, and of nothing else of it. */
export function imageOf<S extends StateMachine>({ state, system }: Held<S>): Buffer {
  return serialize({ state, system });
}

function run(
  { state, system }: Held<StateMachine>,
  context: DecidedContext,
  place: number,
  { messages, proposedAtMs }: BatchContent,
  told?: (position: number, outcome: Outcome) => void,
): void {
  messages.forEach((message, i) => {
    context.enter(place + i, proposedAtMs);
    const execute = executionOf(message, state, system, context);
    if (execute !== null) {
      const outcome = outcomeOf(execute);
      told?.(place + i, outcome);
    }
    context.leave();
  });
}

/** Null where the message is no operation. */
function executionOf(
  message: Uint8Array,
  state: StateMachine,
  system: SystemState,
  context: DecidedContext,
): (() => unknown) | null {
  if (message[0] === MessageHead.operation) {
    const operation = decode(message, MESSAGE_HEAD_BYTES) as Operation<StateMachine, unknown>;
    system.operations += 1;
    return () => operation.execute(state, context);
  }
  if (message[0] !== MessageHead.systemOperation) return null;
  const operation = decode(message, MESSAGE_HEAD_BYTES) as SystemOperation;
  system.systemOperations += 1;
  return () => operation.execute(system, context);
}

export function outcomeOf(action: () => unknown): Outcome {
  try {
    const result = action();
    // Nobody is given this promise: if it were rejected, as unhandled, that would end the simulator.
    if (types.isPromise(result)) result.catch(() => undefined);
    return typeof result === 'object' && result !== null ? serialize(result) : result;
  } catch (error) {
    return serialize({ error: error instanceof Error ? error.message : String(error) });
  }
}

function keep(images: Map<number, Buffer>, position: number, image: Buffer, imagesMax: number): void {
  images.set(position, image);
  for (const oldest of images.keys()) {
    if (images.size <= imagesMax) return;
    images.delete(oldest);
  }
}
