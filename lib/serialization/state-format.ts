/**
 * The format of a state: one stream of tokens, cut into pieces wherever a token ends. A token is a byte that says what it is,
 * and what belongs to it. Objects are written where they are first met, their contents behind them; which object's contents
 * come next is kept on a stack at either side, from piece to piece. Nothing is therefore too deep or too large.
 *
 * A piece begins with its number. The first goes on with the version of this format, the names of the fields that the state's
 * class begins with, what may still be done to the state (see integrity.ts), and the header of the state, which is object 0.
 * The name of the state's class is not written: nobody gave it for that, and a minifier may give another one at each replica.
 *
 * The contents of a long string or buffer come in parts, before the piece that its token is in. A part is a piece too: it
 * begins with the number of the piece that it belongs to, `part`, its own number among the parts of that piece, its form, and,
 * for bytes, how many there are in all parts together. Then come its contents, after their length. Long strings and buffers of
 * one piece come in the order of their tokens.
 */

/** The largest size of a piece in bytes; headers and short strings at its end may add as much again. */
export const PIECE_BYTES = 65_536;

/** A string is long if it has more UTF-16 code units than this share of a piece's bytes. Each of its parts has that many. */
export const LONG_TEXT = 1 / 4;

/** A buffer is long if it has more bytes than this share of a piece's. Each of its parts has that many. */
export const LONG_BYTES = 1 / 2;

/** The form of a part's contents: text in an encoding, or bytes. */
export const PART_FORMS = ['latin1', 'utf8', 'utf16le', 'bytes'] as const;

/** Added to the form of the last part of a string or buffer. */
export const LAST_PART = 0x80;

/** The largest number of objects that begin in one piece: small objects take longer than their bytes suggest. */
export const PIECE_OBJECTS = 2_048;

/** Raise it when a reader of the version before would misread what is written. */
export const STATE_FORMAT = 3;

/** The largest length that an array has. */
export const ARRAY_LENGTH_MAX = 2 ** 32 - 1;

/** The largest number of headers that a state can refer to: later headers are written in full each time. */
export const STATE_HEADERS_MAX = 65_536;

/**
 * The first byte of a token. Numbers follow as LEB128, where nothing else is said. Bytes below `shortString` are that
 * natural number itself; from `shortInstance` on they are an instance with one of the first headers of the state.
 */
export const Tag = {
  /** With the length, up to 63, in the lower six bits; then ASCII. */
  shortString: 0x80,
  null: 0xc0,
  undefined: 0xc1,
  false: 0xc2,
  true: 0xc3,
  int8: 0xc4,
  int16: 0xc5,
  int32: 0xc6,
  float64: 0xc7,
  notANumber: 0xc8,
  /** The hexadecimal digits, after a minus where there is one, as a string. */
  bigint: 0xc9,
  /** Length in bytes, then the bytes: as in the next two. */
  ascii: 0xca,
  utf8: 0xcb,
  /** UTF-16 code units: a string that UTF-8 cannot carry. */
  utf16: 0xcc,
  /** The number of an object that came before, counted in the order in which objects begin. */
  reference: 0xcd,
  /** The header, as a string; headers are numbered in the order in which they come. Then the values of its fields. */
  newHeader: 0xce,
  /** The number of the header. */
  instance: 0xcf,
  /** The length; then elements, and skips instead of holes. */
  array: 0xd0,
  /** How many elements are not there. */
  skip: 0xd1,
  /** The number of properties; then their names, as strings, and values in turn. */
  object: 0xd2,
  /** The same, for an object without a prototype. */
  bareObject: 0xd3,
  /** The number of entries; then keys and values in turn. */
  map: 0xd4,
  /** The number of elements. */
  set: 0xd5,
  /** Milliseconds since 1970 as a number. */
  date: 0xd6,
  /** Twice the length, then the bytes; or one more than that, where they come in parts. */
  buffer: 0xd7,
  bytes: 0xd8,
  /** The last token: nothing follows. */
  end: 0xd9,
  /** A string that comes in parts. */
  longText: 0xda,
  /** No token: behind a piece's number, it says that the piece is a part. */
  part: 0xdb,
  /** Then the object, which is closed when it has its contents: FIXED, SEALED and FROZEN. */
  fixed: 0xdc,
  sealed: 0xdd,
  frozen: 0xde,
  shortInstance: 0xe0,
} as const;

export const SHORT_STRING_MAX = 63;
