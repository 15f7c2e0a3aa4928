/** The events of a group itself: how it came about, who belongs to it, and its keys. */
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { Part } from '../model/part.js';

/** How the group came about, or why it does not. */
export type FoundingEvent =
  /** The group exists; `members` are those of its first view, or of the latest that the process learns at once. */
  | {
      readonly kind: 'founded';
      readonly group: GroupId;
      readonly members: readonly ProcessId[];
      readonly part: Part;
    }
  /** A process was started for another number of replicas than this one: the queue stops. */
  | { readonly kind: 'replicas-differ'; readonly process: ProcessId; readonly replicas: number }
  /** A process, or its group, has begun from another backup: the queue stops. Digests of backups, empty for none. */
  | { readonly kind: 'bases-differ'; readonly process: ProcessId; readonly base: string; readonly own: string }
  /**
   * A process founds groups with another α than this one, or its group's α is smaller than the window that this one works in: the
   * queue stops. `own` is the α of this process or its window; both in instances.
   */
  | {
      readonly kind: 'borders-differ';
      readonly process: ProcessId;
      readonly borderInstances: number;
      readonly own: number;
    }
  /** `found` counts this process. Told again and again while it lasts, as all waits are. */
  | { readonly kind: 'awaiting-founders'; readonly found: number; readonly replicas: number }
  /** Signed by this process, and not by all yet. */
  | { readonly kind: 'awaiting-signatures'; readonly missing: readonly ProcessId[] }
  /** The group of this address has been founded without this process. */
  | { readonly kind: 'awaiting-place' }
  /** This process may only join a group, and has heard of none. */
  | { readonly kind: 'awaiting-group' }
  /**
   * The founding has failed for good (`isDead`), or the group has come about after this process had given it up: the process
   * begins anew under another id.
   */
  | { readonly kind: 'dissolved'; readonly group: GroupId; readonly isDead: boolean }
  /** The process is a member of this group, and its ledger does not know: the queue stops. */
  | { readonly kind: 'votes-lost'; readonly group: GroupId };

/** How the members change while the group runs. */
export type MembershipEvent =
  /** The view of this number was decided: from `from` on its members decide. */
  | { readonly kind: 'view'; readonly number: number; readonly members: readonly ProcessId[]; readonly from: Instance }
  /**
   * Enough members of the view of this number, or of a later one, hold everything that was decided before it: those removed by
   * it are not needed any more.
   */
  | { readonly kind: 'view-complete'; readonly number: number }
  /** A change was decided that follows another view than the latest, which these members are: it changes nothing. */
  | { readonly kind: 'view-void'; readonly number: number; readonly members: readonly ProcessId[] }
  /**
   * A process takes part without a vote that was not known before: at `address`, null where that is not known, and so many
   * instances behind.
   */
  | {
      readonly kind: 'observer';
      readonly process: ProcessId;
      readonly address: string | null;
      readonly lagInstances: number;
    }
  /** An observer has not been heard for some seconds. */
  | { readonly kind: 'observer-gone'; readonly process: ProcessId }
  /**
   * The directory of this other member was copied or put back: `starts` are those known of it, some of which know nothing of each
   * other. Its votes count no more, whichever start casts them. Told once in each start of this process.
   */
  | { readonly kind: 'cloned'; readonly process: ProcessId; readonly starts: readonly ClonedStart[] }
  /** A member that was silent for long is none any more: the observer `by` is one in its place. Told by the coordinator. */
  | { readonly kind: 'member-replaced'; readonly process: ProcessId; readonly by: ProcessId }
  /**
   * The change that was to replace it was refused, or its outcome is not known: it is tried again while there is a reason, after
   * pauses that grow up to a minute. Told once for each cause, until no member is missing.
   */
  | {
      readonly kind: 'replacement-failed';
      readonly process: ProcessId;
      readonly by: ProcessId;
      readonly error: unknown;
    };

/** A start of a member whose directory was copied or put back. */
export interface ClonedStart {
  /** Counts the starts from one directory. */
  readonly incarnation: number;
  /** Tells apart starts of one incarnation: 8 hexadecimal digits. */
  readonly nonce: string;
  /** Where this process has heard it: address and port; null where it has not. */
  readonly address: string | null;
}

/** The keys of the group. */
export type KeyEvent =
  /** The group has decided which key to send with, null where it never has, or that keys are removed: all up to `removedUpTo`. */
  | {
      readonly kind: 'keys-changed';
      readonly number: number;
      readonly sendingId: number | null;
      readonly removedUpTo: number;
    }
  /** A change of the keys was decided that follows another state than the latest, which has this number: it changes nothing. */
  | { readonly kind: 'keys-void'; readonly number: number }
  /** The group sends with a key that this process does not have, so that it hears nothing: it has only those that are `held`. */
  | { readonly kind: 'key-missing'; readonly id: number; readonly held: readonly number[] }
  /** The file of keys was to be read again, and is not good. */
  | { readonly kind: 'key-file-failed'; readonly error: unknown };
