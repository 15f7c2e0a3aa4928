import type { Instance } from './ids.js';

/** The beginning of a group: nothing, or the state in a backup. */
export interface GroupBase {
  /** The first instance that the group itself decides; all below is in the backup. */
  readonly from: Instance;
  /** Of the backup, 32 hexadecimal digits; empty where there is none. */
  readonly digest: string;
}

export const NO_BASE: GroupBase = { from: 0 as Instance, digest: '' };

export function isSameBase(a: GroupBase, b: GroupBase): boolean {
  return a.from === b.from && a.digest === b.digest;
}
