import type { Holes } from './array-contents.js';
import type { Declared, Field } from './class-codec.js';
import type { Class } from './flaws.js';

/** What an object's contents are. Numbers, because the frames of a state change theirs millions of times. */
export const INSTANCE = 0;
export const ARRAY = 1;
export const OBJECT = 2;
export const MAP = 3;
export const SET = 4;

/** An object whose contents are being written. Frames are used again and again, one for each level of nesting. */
export interface Level {
  kind: number;
  object: object;
  /** How many of `count` fields, elements, properties or entries have been written. */
  next: number;
  count: number;
  fields: readonly Field[];
  names: readonly string[];
  holes: Holes | null;
  entries: Iterator<readonly [unknown, unknown]> | null;
  /** The entry that is being written, and whether its key has been. */
  entry: readonly [unknown, unknown] | null;
  keyIsWritten: boolean;
  declared: Declared | null;
  integrity: number;
  /** The class and the field that this object, or what holds it, is in: for messages to a person. */
  type: Class | null;
  key: string;
}

export function unusedLevel(): Level {
  return {
    kind: INSTANCE,
    object: {},
    next: 0,
    count: 0,
    fields: [],
    names: [],
    holes: null,
    entries: null,
    entry: null,
    keyIsWritten: false,
    declared: null,
    integrity: 0,
    type: null,
    key: '',
  };
}
