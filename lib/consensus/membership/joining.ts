import type { ProcessId } from '../../model/ids.js';
import { EVERYONE, type MessageOf } from '../messages.js';
import type { Shared } from '../shared.js';
import type { Signature } from './signature.js';

/** A process of a group that follows no coordinator for so long asks who the members are; it asks again at doubling intervals. */
const LEADERLESS_TICKS = 100;
const LEADERLESS_TICKS_MAX = 1_000;

/**
 * How a process finds the present members of a group: one that belongs to none yet, and one that has missed so many changes that
 * it knows no member any more. Members tell the founding and the latest view that they know. It is believed about whom to
 * hear and to ask, and gives nobody a vote: see "Joining" in docs/protocol.md.
 */
export class Joining {
  readonly #shared: Shared;
  readonly #signature: Signature;
  #leaderlessTicks = 0;
  #wait = LEADERLESS_TICKS;
  /** Whether an answer is awaited: no coordinator has been heard since the last question. */
  #isAsking = false;

  constructor(shared: Shared, signature: Signature) {
    this.#shared = shared;
    this.#signature = signature;
  }

  /** A process asks for a group, or for the members of this one. */
  answer(to: ProcessId): void {
    const { outbox, self, views } = this.#shared;
    const founding = this.#signature.foundingOf(views.group);
    if (founding === null) return;
    const { latest } = views;
    // A founder says that the founding holds, which ends the founding of others; that there is a later view, members do.
    if (latest.number > 0) {
      if (views.isMember(self)) outbox.send(to, { kind: 'group', founding, latest });
    } else if (founding === this.#signature.signed) outbox.send(to, { kind: 'founded', founding });
  }

  /**
   * A member tells of a later view. It counts only where it was asked for: otherwise anybody could say that he is a member, and
   * depose the coordinator of a group that works.
   */
  told(message: MessageOf<'group'>): void {
    if (this.#isAsking) this.believe(message);
  }

  /** Takes over the view, if it is one of this process's group. */
  believe({ founding, latest }: MessageOf<'group'>): void {
    const { views } = this.#shared;
    if (views.group === founding.group) views.tell(latest);
  }

  heardCoordinator(): void {
    this.#isAsking = false;
    this.#leaderlessTicks = 0;
    this.#wait = LEADERLESS_TICKS;
  }

  /** One tick of a process of a group; `hello` is what it asks with. */
  tick(hello: MessageOf<'hello'>): void {
    this.#leaderlessTicks += 1;
    if (this.#leaderlessTicks < this.#wait) return;
    this.#leaderlessTicks = 0;
    this.#wait = Math.min(2 * this.#wait, LEADERLESS_TICKS_MAX);
    this.#isAsking = true;
    this.#shared.outbox.send(EVERYONE, hello);
  }
}
