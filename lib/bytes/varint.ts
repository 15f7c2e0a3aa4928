/**
 * Safe integers that are not negative in as few bytes as they need (LEB128): seven bits a byte, lowest first, the eighth set
 * where more follow. Each number has one form. They are written where there is room for `VARINT_BYTES_MAX`.
 */
export const VARINT_BYTES_MAX = 8;

/** Writes `value` at `at`. Returns where the next field begins. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let end = at;
  let rest = value;
  for (; rest >= 2 ** 31; rest = Math.floor(rest / 0x80)) bytes[end++] = (rest % 0x80) | 0x80;
  for (; rest >= 0x80; rest >>>= 7) bytes[end++] = rest | 0x80;
  bytes[end++] = rest;
  return end;
}

/** The number that begins at `at`; -1 where none does. It takes `varintBytes` of it. */
export function readVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? -1;
  if (first < 0x80) return first;
  let value = first & 0x7f;
  for (let scale = 0x80, next = at + 1; scale < 2 ** 56; scale *= 0x80, next += 1) {
    const byte = bytes[next] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte === 0) return -1;
    if (byte < 0x80) return Number.isSafeInteger(value) ? value : -1;
  }
  return -1;
}

/** How many bytes `writeVarint` takes for `value`. */
export function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= 0x80; rest = rest < 2 ** 31 ? rest >>> 7 : Math.floor(rest / 0x80)) count += 1;
  return count;
}
