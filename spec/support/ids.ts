import type { ProcessId } from '../../lib/model/ids.js';

/** The id of process `number`: 16 hexadecimal digits, so that ids are in the order of the numbers. */
export function idOf(number: number | bigint): ProcessId {
  return number.toString(16).padStart(16, '0') as ProcessId;
}

export function numberOf(process: ProcessId): number {
  return Number.parseInt(process, 16);
}

/** Four processes, in this order. */
export const ANNA = 'aaaaaaaaaaaaaaaa' as ProcessId;
export const BERT = 'bbbbbbbbbbbbbbbb' as ProcessId;
export const CARL = 'cccccccccccccccc' as ProcessId;
export const DORA = 'dddddddddddddddd' as ProcessId;
