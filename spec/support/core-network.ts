import type { Message } from '../../lib/consensus/messages.js';
import type { Instance } from '../../lib/model/ids.js';

/** A message on its way, or what a spec looks at to decide its fate. Processes go by their numbers. */
export interface InTransit {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** Returns true for messages that are to be lost. */
export type Loss = (message: InTransit) => boolean;

/** The state of a checkpoint that ends at `next`, on its way. */
interface CheckpointInTransit {
  readonly at: number;
  readonly to: number;
  readonly next: Instance;
}

/** What is on its way between the cores of a group, by the message delay at which it arrives. */
export class CoreNetwork {
  /** Every message that left a process, with the delay at which it did. */
  readonly sent: (InTransit & { readonly at: number })[] = [];
  readonly #messages = new Map<number, InTransit[]>();
  /** As they arrive. */
  readonly #checkpoints: CheckpointInTransit[] = [];

  get isIdle(): boolean {
    return this.#messages.size + this.#checkpoints.length === 0;
  }

  carry(inTransit: InTransit, at: number): void {
    const others = this.#messages.get(at);
    if (others === undefined) this.#messages.set(at, [inTransit]);
    else others.push(inTransit);
  }

  /** No earlier than the checkpoints before it. */
  carryCheckpoint(checkpoint: CheckpointInTransit): void {
    this.#checkpoints.push(checkpoint);
  }

  /** The messages that arrive now. */
  takeMessages(now: number): readonly InTransit[] {
    const due = this.#messages.get(now) ?? [];
    this.#messages.delete(now);
    return due;
  }

  /** The checkpoints that have arrived by now. */
  takeCheckpoints(now: number): readonly CheckpointInTransit[] {
    const later = this.#checkpoints.findIndex(({ at }) => at > now);
    return this.#checkpoints.splice(0, later < 0 ? this.#checkpoints.length : later);
  }
}
