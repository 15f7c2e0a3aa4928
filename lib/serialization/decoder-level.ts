import type { Declared, Field } from './class-codec.js';

export const PLAIN_INSTANCE = 0;
/** One that is given its fields when all of them are there, because that runs code of the class. */
export const CAREFUL_INSTANCE = 1;
export const ARRAY = 2;
export const OBJECT = 3;
export const MAP = 4;
export const SET = 5;

/** An object whose contents are being read: the mirror image of the encoder's frames. */
export interface Level {
  kind: number;
  object: object;
  next: number;
  count: number;
  fields: readonly (Field | null)[];
  values: unknown[];
  /** The key of the entry that is being read. */
  key: unknown;
  keyIsRead: boolean;
  declared: Declared | null;
  /** What is to be done to the object when it has its contents. */
  integrity: number;
}

export function unusedLevel(): Level {
  return {
    kind: ARRAY,
    object: {},
    next: 0,
    count: 0,
    fields: [],
    values: [],
    key: undefined,
    keyIsRead: false,
    declared: null,
    integrity: 0,
  };
}
