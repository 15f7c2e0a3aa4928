export type Primitive = string | number | bigint | boolean | symbol | null | undefined;

/** Methods of bytes that change them, or that give access to their memory. */
export type BytesChange =
  | 'buffer'
  | 'copyWithin'
  | 'fill'
  | 'parent'
  | 'reverse'
  | 'set'
  | 'sort'
  | 'subarray'
  | `swap${string}`
  | `write${string}`;

/** A date that can be read, compared and formatted. */
export type ReadonlyDate = { readonly [K in keyof Date as K extends `set${string}` ? never : K]: Date[K] };

/** Bytes that can be read. */
export type ReadonlyBytes<T extends Uint8Array = Uint8Array> = {
  readonly [K in keyof T as K extends BytesChange | number ? never : K]: T[K];
} & Readonly<Record<number, number>>;

/**
 * `T` for a reader that may not change it: at every depth fields are read-only, and arrays, Map, Set, Date and bytes lack the
 * methods that change them. Methods of classes remain: their types do not say whether they change anything.
 */
export type DeepReadonly<T> = T extends Primitive
  ? T
  : T extends (...args: never[]) => unknown
    ? T
    : T extends Date
      ? ReadonlyDate
      : T extends Uint8Array
        ? ReadonlyBytes<T>
        : T extends ReadonlyMap<infer K, infer V>
          ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
          : T extends ReadonlySet<infer E>
            ? ReadonlySet<DeepReadonly<E>>
            : { readonly [K in keyof T]: DeepReadonly<T[K]> };
