import type { Holes } from './array-contents.js';
import type { Declared, Field } from './class-codec.js';
import type { Class } from './flaws.js';

/** The kind of an object's contents. Numbers, because the levels of a state change their kind millions of times. */
export const INSTANCE = 0;
export const ARRAY = 1;
export const OBJECT = 2;
export const MAP = 3;
export const SET = 4;

/** An object whose contents are being written. */
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
  isKeyWritten: boolean;
  declared: Declared | null;
  integrity: number;
  /** The class and the field that this object, or what holds it, is in: for messages to a person. */
  type: Class | null;
  key: string;
}

function unusedLevel(): Level {
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
    isKeyWritten: false,
    declared: null,
    integrity: 0,
    type: null,
    key: '',
  };
}

/** The objects whose contents are being written, each inside the one before. Levels are used again and again. */
export class LevelStack {
  /** How many levels are in use. */
  depth = 0;
  /** The class and the field that are being written: a new level is in them. */
  type: Class | null = null;
  key = '';
  readonly #levels: Level[] = [];

  get innermost(): Level | null {
    return this.depth === 0 ? null : (this.#levels[this.depth - 1] ?? null);
  }

  push(kind: number, object: object, count: number, declared: Declared | null): Level {
    const level = (this.#levels[this.depth] ??= unusedLevel());
    this.depth += 1;
    level.kind = kind;
    level.object = object;
    level.next = 0;
    level.count = count;
    level.declared = declared;
    level.entry = null;
    level.isKeyWritten = false;
    level.type = this.type;
    level.key = this.key;
    return level;
  }

  /** Call when one more content has been, or is about to be, written. After the last one the level is free for that one's contents. */
  advance(level: Level): void {
    level.next += 1;
    level.entry = null;
    level.isKeyWritten = false;
    if (level.next === level.count) this.depth -= 1;
  }
}
