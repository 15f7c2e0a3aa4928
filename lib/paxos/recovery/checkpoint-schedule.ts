import type { Checkpoint } from '../../model/checkpoint.js';
import type { Instance, ProcessId } from '../../model/ids.js';
import type { Mark } from '../../sequence/cursor.js';
import type { Delivery } from '../delivery.js';
import type { Membership } from './membership.js';

export interface CheckpointScheduleOptions {
  readonly self: ProcessId;
  readonly delivery: Delivery;
  /** The group and its views; null before it is founded. */
  readonly membership: () => Membership | null;
}

/**
 * So many stretches after the latest checkpoint the next one is made here. Until then another process may make it: that takes
 * longer, and is lost whenever this process ends, so that the log of a process that ends often would grow without bound.
 */
const STRETCHES_ELSEWHERE_MAX = 3;

/**
 * Decides when this process saves its state. Replicas take turns: the one of rank r among n waits for r n-ths of a stretch
 * after the end of the last one.
 */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions;
  /** The end of the latest checkpoint; 0 where there is none. */
  #end: Instance;
  /** The end of the last stretch for which a checkpoint was begun: where one fails the next is tried after the next stretch. */
  #tried = 0 as Instance;
  /** How many stretches have ended since the latest checkpoint, and where the last of them did. */
  #stretches = 0;
  #stretchEnd = 0 as Instance;

  constructor(options: CheckpointScheduleOptions, latest: Checkpoint | null) {
    this.#options = options;
    this.#end = latest?.next ?? (0 as Instance);
  }

  /** Something has been delivered. */
  progressed(): void {
    const { next } = this.#options.delivery.front.boundary;
    if (next <= Math.max(this.#stretchEnd, this.#end)) return;
    this.#stretchEnd = next;
    this.#stretches += 1;
  }

  /** Whether this process is to make a checkpoint of the stretch that has ended last, or has had its turn already. */
  get isDue(): boolean {
    const { delivery, membership, self } = this.#options;
    const { front } = delivery;
    const { boundary } = front;
    if (delivery.keeper === null || delivery.isDisturbed) return false;
    if (boundary.next <= Math.max(this.#end, this.#tried)) return false;
    const group = membership();
    if (group === null) return false;
    const { current } = group.views;
    const rank = current.rankOf(self);
    return front.progress >= (rank < 0 ? 1 / 2 : rank / current.size);
  }

  /** Whether another process may still make the next checkpoint. */
  get isElsewhereSoonEnough(): boolean {
    return this.#stretches <= STRETCHES_ELSEWHERE_MAX;
  }

  /** A checkpoint of the stretch that has ended last is being made. Returns where that is. */
  begin(): Mark {
    const { boundary } = this.#options.delivery.front;
    this.#tried = boundary.next;
    return boundary;
  }

  /** This checkpoint is the latest one now. */
  became({ next }: Checkpoint): void {
    this.#end = next;
    this.#stretches = 0;
  }
}
