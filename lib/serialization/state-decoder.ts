import { TreplicaError } from '../model/errors.js';
import { ClassCodec, type Reader, Readers } from './class-codec.js';
import { ARRAY, CAREFUL_INSTANCE, type Level, LevelStack, MAP, OBJECT, PLAIN_INSTANCE } from './decoder-level.js';
import type { Class } from './flaws.js';
import { close, EXTENSIBLE } from './integrity.js';
import { failCheckpoint, malformed } from './malformed.js';
import { PieceReader } from './piece-reader.js';
import { put } from './properties.js';
import { ARRAY_LENGTH_MAX, STATE_FORMAT, Tag } from './state-format.js';
import { StateValueReader } from './state-value-reader.js';
import { assemble } from './transforms.js';

/**
 * Makes a state of the pieces that `encodeState` made of it. The class is that of `model`, a state as the application
 * begins with: what the model has and the saved state did not is taken from it, as a field that the class has gained.
 */
export class StateDecoder {
  readonly #reader = new PieceReader();
  readonly #levels = new LevelStack();
  readonly #values = new StateValueReader(this.#reader, this.#levels);
  #pieces = 0;
  #state: object | null = null;
  #integrity = EXTENSIBLE;
  #hasEnded = false;

  constructor(readonly model: object) {}

  /**
   * Takes the next piece. After a throw the decoder is of no use.
   * @throws TreplicaError MALFORMED_BYTES where it is not the next one or has been damaged, LEDGER_VERSION for a state in another
   * format, CLASS_NOT_REGISTERED where this process has not loaded a class, and STATE_MISMATCH where the class of the state has
   * lost a field.
   */
  push(piece: Uint8Array): void {
    try {
      if (this.#hasEnded) failCheckpoint('a piece after the last one');
      this.#reader.begin(piece);
      if (this.#reader.natural() !== this.#pieces) failCheckpoint('pieces that do not follow each other');
      if (this.#reader.isPart()) return;
      if (this.#pieces === 0) this.#head();
      this.#pieces += 1;
      while (this.#reader.hasMore) this.#step();
      this.#reader.end();
    } catch (error) {
      this.#hasEnded = true;
      this.#state = null;
      if (error instanceof TreplicaError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw malformed(`something that cannot be read (${reason})`, 'checkpoint', error);
    }
  }

  /** Whether all pieces have been pushed. */
  get isWhole(): boolean {
    return this.#hasEnded && this.#state !== null;
  }

  /** The state, once all pieces have been pushed. Throws MALFORMED_BYTES before. */
  finish(): object {
    const state = this.#state;
    if (!this.#hasEnded || state === null) failCheckpoint('less than a whole state');
    return close(state, this.#integrity);
  }

  #head(): void {
    const reader = this.#reader;
    const version = reader.natural();
    if (version !== STATE_FORMAT) throw anotherFormat(version);
    const type = this.model.constructor as Class;
    const fields = new Set<string>();
    for (let left = reader.natural(); left > 0; left -= 1) fields.add(reader.string());
    for (const field of fields) if (!Object.hasOwn(this.model, field)) throw lostField(type.name, field);
    this.#integrity = reader.natural();
    // The model has the fields that the class has gained, whatever arguments its constructor takes.
    const codec = new ClassCodec(type, '', []);
    const root = new Readers(() => codec).of(reader.string(), 'checkpoint');
    this.#state = this.#values.instance(root);
    this.#fillIn(this.#state, root);
  }

  /** Gives the state the fields of the model that it was not saved with, each in its place, because the order of fields is visible. */
  #fillIn(state: object, { fields, absent }: Reader): void {
    const saved = new Set(fields.map((field) => field?.key));
    const names = Object.getOwnPropertyNames(this.model);
    if (names.every((name) => saved.has(name) || absent.includes(name))) return;
    for (const name of names)
      if (!absent.includes(name))
        put(state, name, saved.has(name) ? undefined : (this.model as Record<string, unknown>)[name]);
  }

  #step(): void {
    if (this.#hasEnded) failCheckpoint('something after the end');
    const level = this.#levels.innermost;
    if (level === undefined) this.#end();
    else this.#content(level);
  }

  #end(): void {
    if (this.#reader.tag() !== Tag.end) failCheckpoint('more than a whole state');
    this.#hasEnded = true;
  }

  /** Reads one content of the innermost object. */
  #content(level: Level): void {
    const { object } = level;
    if (level.integrity !== EXTENSIBLE && level.next === level.count && level.kind !== CAREFUL_INSTANCE) {
      this.#levels.depth -= 1;
      close(object, level.integrity);
      return;
    }
    switch (level.kind) {
      case PLAIN_INSTANCE: {
        const field = level.fields[level.next] ?? failCheckpoint('a field that its class has not');
        this.#levels.advance(level);
        (object as Record<string, unknown>)[field.key] = this.#values.read(this.#reader.tag(), field.declared);
        return;
      }
      case CAREFUL_INSTANCE:
        this.#carefulField(level);
        return;
      case ARRAY:
        this.#element(level, object as unknown[]);
        return;
      case OBJECT:
        this.#property(level);
        return;
      case MAP:
        this.#entry(level, object as Map<unknown, unknown>);
        return;
      default: {
        const { declared } = level;
        this.#levels.advance(level);
        (object as Set<unknown>).add(this.#values.read(this.#reader.tag(), declared));
      }
    }
  }

  #carefulField(level: Level): void {
    if (level.next === level.count) {
      this.#levels.depth -= 1;
      assemble(level.object, level.fields, level.values);
      close(level.object, level.integrity);
      return;
    }
    const { next, fields, values } = level;
    level.next += 1;
    values[next] = this.#values.read(this.#reader.tag(), fields[next]?.declared ?? null);
  }

  #element(level: Level, array: unknown[]): void {
    const { next, count, declared } = level;
    const tag = this.#reader.tag();
    if (tag !== Tag.skip) {
      this.#levels.advance(level);
      array[next] = this.#values.read(tag, declared);
      return;
    }
    const holes = this.#reader.natural();
    if (holes > count - next) failCheckpoint('an element outside of its array');
    level.next += holes;
    if (level.next < count) return;
    this.#levels.leave(level);
    // Set directly, a length far beyond the elements would reserve memory for all of them; lowered from the maximum, it does not.
    array.length = ARRAY_LENGTH_MAX;
    array.length = count;
  }

  #property(level: Level): void {
    if (!level.isKeyRead) {
      level.isKeyRead = true;
      level.key = this.#reader.string();
      return;
    }
    const { object, key } = level;
    this.#levels.advance(level);
    put(object, key as string, this.#values.read(this.#reader.tag(), null));
  }

  #entry(level: Level, map: Map<unknown, unknown>): void {
    const tag = this.#reader.tag();
    if (!level.isKeyRead) {
      level.isKeyRead = true;
      level.key = this.#values.read(tag, null);
      return;
    }
    const { key, declared } = level;
    this.#levels.advance(level);
    map.set(key, this.#values.read(tag, declared));
  }
}

function anotherFormat(version: number): TreplicaError {
  return new TreplicaError(
    'LEDGER_VERSION',
    `The checkpoint holds a state in format ${version}, and this Treplica reads ${STATE_FORMAT}. Run the Treplica that wrote it.`,
  );
}

function lostField(name: string, field: string): TreplicaError {
  return new TreplicaError(
    'STATE_MISMATCH',
    `The checkpoint holds a state with the field '${field}', which ${name} no longer begins with: run the version that wrote the checkpoint, or give ${name} the field back, if only to empty it in an operation.`,
  );
}
