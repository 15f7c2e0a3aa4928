import { NO_GROUP, type GroupId, type ProcessId } from '../model/ids.js';
import type { Start } from '../model/start.js';
import type { WireMessage } from '../paxos/wire/routes.js';

/** Something that a process has said. */
export interface Said {
  readonly from: ProcessId;
  readonly start: Start;
  readonly bytes: Uint8Array;
}

/** The latest message of each kind: what others make theirs of, who belong to another group or lie. */
export class LastWords {
  /** The group that was joined last; none before there is one. */
  group: GroupId = NO_GROUP;
  readonly #said = new Map<WireMessage['kind'], Said>();

  note(kind: WireMessage['kind'], said: Said): void {
    this.#said.set(kind, said);
  }

  /** Of each kind that has been said, in the order in which they were first. */
  get all(): readonly Said[] {
    return [...this.#said.values()];
  }
}
