import { type GroupId, NO_GROUP, type ProcessId } from '../model/ids.js';
import type { Start } from '../model/start.js';
import type { WireMessage } from '../paxos/wire/routes.js';

/** A message that a process has sent, and the start that it was in. */
export interface SentMessage {
  readonly from: ProcessId;
  readonly start: Start;
  readonly bytes: Uint8Array;
}

/** The latest message of each kind: intruders, foreign groups and forgers make theirs of them. */
export class LatestMessages {
  /** The group that was joined last; none before there is one. */
  group: GroupId = NO_GROUP;
  readonly #said = new Map<WireMessage['kind'], SentMessage>();

  note(kind: WireMessage['kind'], said: SentMessage): void {
    this.#said.set(kind, said);
  }

  /** Of each kind that has been said, in the order in which they were first. */
  get all(): readonly SentMessage[] {
    return [...this.#said.values()];
  }
}
