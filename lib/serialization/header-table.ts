import type { ClassCodec, Shape } from './class-codec.js';
import { STATE_HEADERS_MAX } from './state-format.js';

/**
 * Numbers the headers of a state in the order in which they come. By class and text: which shapes a class remembers depends
 * on what else this process has seen, and what is written must not.
 */
export class HeaderTable {
  readonly #byText = new Map<ClassCodec, Map<string, number>>();
  /** The same by shape, for quickness. */
  readonly #byShape = new Map<Shape, number>();
  #size = 0;

  /** The number of the header, or -1 if it has to be written: then it has been given the next number while there are any. */
  place(codec: ClassCodec, shape: Shape): number {
    return this.#byShape.get(shape) ?? this.#placeOf(codec, shape);
  }

  #placeOf(codec: ClassCodec, shape: Shape): number {
    let places = this.#byText.get(codec);
    if (places === undefined) this.#byText.set(codec, (places = new Map<string, number>()));
    const place = places.get(shape.header);
    if (place === undefined) {
      if (this.#size < STATE_HEADERS_MAX) places.set(shape.header, this.#size++);
      return -1;
    }
    if (this.#byShape.size < STATE_HEADERS_MAX) this.#byShape.set(shape, place);
    return place;
  }
}
