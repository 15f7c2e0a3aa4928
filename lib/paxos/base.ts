import type { Checkpoint } from '../model/checkpoint.js';
import type { GroupId } from '../model/ids.js';
import type { KeyRecord } from '../model/keys.js';
import type { ViewRecord } from '../model/view.js';
import type { CursorState } from '../sequence/cursor.js';

/** A checkpoint, and how to go on from where it ends. */
export interface Base {
  readonly checkpoint: Checkpoint;
  readonly cursor: CursorState;
  /** The group whose checkpoint it is: another one where a backup was restored. */
  readonly group: GroupId;
  /** That group's views that are decided below its end, ascending. */
  readonly views: readonly ViewRecord[];
  /** The states of its keys that are decided below its end, ascending. */
  readonly keys: readonly KeyRecord[];
}
