import type { ProcessId } from '../../lib/model/ids.js';

/** The id of process `number`: 16 hexadecimal digits, so that ids are in the order of the numbers. */
export function idOf(number: number): ProcessId {
  return number.toString(16).padStart(16, '0') as ProcessId;
}
