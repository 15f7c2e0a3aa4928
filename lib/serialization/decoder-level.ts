import type { Declared, Field } from './class-codec.js';
import { EXTENSIBLE } from './integrity.js';

export const PLAIN_INSTANCE = 0;
/** An instance that gets its fields when all of them have been read, because that runs code of the class. */
export const CAREFUL_INSTANCE = 1;
export const ARRAY = 2;
export const OBJECT = 3;
export const MAP = 4;
export const SET = 5;

/** An object whose contents are being read: the mirror image of the encoder's levels. */
export interface Level {
  kind: number;
  object: object;
  next: number;
  count: number;
  fields: readonly (Field | null)[];
  values: unknown[];
  /** The key of the entry that is being read. */
  key: unknown;
  isKeyRead: boolean;
  declared: Declared | null;
  /** How the object is closed when it has its contents. */
  integrity: number;
}

function unusedLevel(): Level {
  return {
    kind: ARRAY,
    object: {},
    next: 0,
    count: 0,
    fields: [],
    values: [],
    key: undefined,
    isKeyRead: false,
    declared: null,
    integrity: 0,
  };
}

/** The objects whose contents are being read, each inside the one before. Levels are used again and again. */
export class LevelStack {
  /** How many levels are in use. */
  depth = 0;
  readonly #levels: Level[] = [];

  get innermost(): Level | undefined {
    return this.#levels[this.depth - 1];
  }

  push(kind: number, object: object, count: number, declared: Declared | null): Level {
    const level = (this.#levels[this.depth] ??= unusedLevel());
    this.depth += 1;
    level.kind = kind;
    level.object = object;
    level.next = 0;
    level.count = count;
    level.declared = declared;
    level.integrity = EXTENSIBLE;
    level.isKeyRead = false;
    return level;
  }

  /** Call when one more content has been, or is about to be, read. */
  advance(level: Level): void {
    level.next += 1;
    level.isKeyRead = false;
    if (level.next === level.count) this.leave(level);
  }

  /** Frees the level for the contents of the object's last content. An object that is to be closed keeps its level until then. */
  leave(level: Level): void {
    if (level.integrity === EXTENSIBLE) this.depth -= 1;
  }
}
