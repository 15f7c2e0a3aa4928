import type { PeerStarts, Start } from '../../model/start.js';

/**
 * The messages in which processes of a group tell each other of their starts. The frame names the sender's start;
 * `former` are the earlier starts that its directory has seen, `peers` the starts of all other members, as far as the
 * sender knows them.
 */
export type StartMessage =
  /** Asks for the receiver's knowledge of the sender's starts. */
  | { readonly kind: 'start'; readonly former: readonly Start[]; readonly peers: readonly PeerStarts[] }
  /**
   * An answer to the receiver's start `to`. If `isMet`, the sender has written down that it has met that start: a process that is
   * no member, as far as the sender knows, is answered and not written down.
   */
  | {
      readonly kind: 'welcome';
      readonly to: Start;
      readonly isMet: boolean;
      readonly former: readonly Start[];
      readonly peers: readonly PeerStarts[];
    };

/** The message of one kind. */
export type StartMessageOf<K extends StartMessage['kind']> = Extract<StartMessage, { readonly kind: K }>;
