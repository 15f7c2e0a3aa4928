import { assert } from '../model/assert.js';
import { development } from '../model/development.js';
import { Holes } from './array-contents.js';
import { ClassCodec } from './class-codec.js';
import { ARRAY, INSTANCE, type Level, LevelStack, MAP, OBJECT } from './encoder-level.js';
import { type Class, flawOf, prototypeOf } from './flaws.js';
import { integrityOf, isOrdinary } from './integrity.js';
import { PieceWriter } from './piece-writer.js';
import { located, refuseClass } from './refusal.js';
import { PIECE_BYTES, STATE_FORMAT, Tag } from './state-format.js';
import { StateValueWriter } from './state-value-writer.js';
import { contentOf } from './transforms.js';
import { isUntried } from './trial.js';
import { oddProperty } from './unseen.js';

/**
 * The bytes of `state` in pieces of about `pieceBytes` at most, each of them made when it is asked for and in a millisecond
 * or two; a larger string or buffer is cut into several. The state must not change before the last one has been
 * taken. States that are equal, down to the order of their collections and to what refers to what, give equal pieces.
 *
 * It carries and refuses the same values as `encode`, except that nothing is nested too deep. The class of the state
 * itself need not be registered. `initialFields` are the own property names that a new state of the class has: a state
 * cannot be given back to a class that has lost one of them, and those that `state` lacks were deleted.
 *
 * Taking a piece throws NOT_SERIALIZABLE or CLASS_NOT_REGISTERED, naming class and field. After the last one it returns
 * the prototypes of classes in the state that no value has been compared of (trial.ts); none in production.
 */
export function* encodeState(
  state: object,
  initialFields: readonly string[],
  pieceBytes = PIECE_BYTES,
): Generator<Buffer, ReadonlySet<object>> {
  const encoder = new StateEncoder(state, initialFields, pieceBytes);
  while (!encoder.hasEnded) yield* encoder.nextPieces();
  return encoder.news;
}

/** Writes the contents of objects, level by level; state-value-writer.ts writes each value. */
class StateEncoder {
  hasEnded = false;
  readonly #writer: PieceWriter;
  readonly #levels = new LevelStack();
  readonly #values: StateValueWriter;
  #hasBegun = false;

  constructor(
    readonly state: object,
    readonly initialFields: readonly string[],
    pieceBytes: number,
  ) {
    this.#writer = new PieceWriter(pieceBytes);
    this.#values = new StateValueWriter(this.#writer, this.#levels);
  }

  get news(): ReadonlySet<object> {
    return this.#values.news;
  }

  /** The next piece, after its parts. */
  nextPieces(): Iterable<Buffer> {
    const levels = this.#levels;
    this.#writer.begin();
    try {
      if (!this.#hasBegun) this.#head();
      for (let level = levels.innermost; level !== null && this.#contents(level);) level = levels.innermost;
    } catch (error) {
      throw located(error, levels.type === null ? 'The state' : `${levels.type.name}.${levels.key}`);
    }
    if (levels.depth === 0) {
      this.#writer.tag(Tag.end);
      this.hasEnded = true;
    }
    return this.#writer.take();
  }

  #head(): void {
    this.#hasBegun = true;
    const { state, initialFields } = this;
    const prototype = prototypeOf(state);
    const type = (prototype as { readonly constructor?: unknown } | null)?.constructor as Class;
    if (prototype === null || flawOf(prototype) !== null) throw refuseClass(prototype ?? Object.prototype);
    const shape = new ClassCodec(type, '', initialFields).shapeOf(state);
    if (development.isOn && isUntried(prototype, true)) this.#values.news.add(prototype);
    this.#writer.natural(STATE_FORMAT);
    this.#writer.natural(initialFields.length);
    for (const field of initialFields) this.#writer.string(field);
    this.#writer.natural(integrityOf(state));
    this.#writer.string(shape.header);
    this.#values.begin(state, shape, type);
  }

  /** Writes contents of the innermost object; false where the piece is full. */
  #contents(level: Level): boolean {
    this.#levels.type = level.type;
    this.#levels.key = level.key;
    switch (level.kind) {
      case INSTANCE:
        return this.#fields(level);
      case ARRAY:
        return this.#elements(level);
      case OBJECT:
        return this.#properties(level);
      case MAP:
        return this.#entries(level);
      default:
        return this.#members(level);
    }
  }

  #fields(level: Level): boolean {
    const { object, fields, count } = level;
    while (level.next < count) {
      const field = fields[level.next];
      if (field === undefined) break;
      this.#levels.key = field.key;
      const content = contentOf(object, field);
      if (!this.#writer.fits(content)) return false;
      this.#levels.advance(level);
      if (this.#values.write(content, field.declared)) return true;
    }
    return true;
  }

  #elements(level: Level): boolean {
    const { declared, count } = level;
    const array = level.object as readonly unknown[];
    while (level.next < count) {
      const element = array[level.next];
      if (!this.#writer.fits(element)) return false;
      if (element === undefined && !Object.hasOwn(array, level.next)) this.#skip(level, array);
      else {
        this.#levels.advance(level);
        if (this.#values.write(element, declared)) return true;
      }
    }
    return true;
  }

  #skip(level: Level, array: readonly unknown[]): void {
    level.holes ??= new Holes(array);
    const end = level.holes.end(level.next);
    this.#writer.tagged(Tag.skip, end - level.next);
    level.next = end - 1;
    this.#levels.advance(level);
  }

  #properties(level: Level): boolean {
    const { object, names, count } = level;
    while (level.next < count) {
      const name = names[level.next] ?? '';
      if (!level.isKeyWritten) {
        if (!this.#writer.fits(name)) return false;
        this.#writer.string(name);
        level.isKeyWritten = true;
      }
      const property = Object.getOwnPropertyDescriptor(object, name);
      if (property === undefined || !isOrdinary(property, level.integrity)) throw oddProperty('a plain object', name);
      const held: unknown = property.value;
      if (!this.#writer.fits(held)) return false;
      this.#levels.advance(level);
      if (this.#values.write(held, null)) return true;
    }
    return true;
  }

  #entries(level: Level): boolean {
    while (level.next < level.count) {
      const [key, held] = (level.entry ??= this.#nextOf(level));
      if (!level.isKeyWritten) {
        if (!this.#writer.fits(key)) return false;
        level.isKeyWritten = true;
        if (this.#values.write(key, null)) return true;
      }
      if (!this.#writer.fits(held)) return false;
      const { declared } = level;
      this.#levels.advance(level);
      if (this.#values.write(held, declared)) return true;
    }
    return true;
  }

  #members(level: Level): boolean {
    while (level.next < level.count) {
      const [member] = (level.entry ??= this.#nextOf(level));
      if (!this.#writer.fits(member)) return false;
      const { declared } = level;
      this.#levels.advance(level);
      if (this.#values.write(member, declared)) return true;
    }
    return true;
  }

  #nextOf(level: Level): readonly [unknown, unknown] {
    const next = level.entries?.next();
    assert(next?.done === false, 'a state does not change while it is saved', {
      place: `${level.type?.name}.${level.key}`,
    });
    return next.value;
  }
}
