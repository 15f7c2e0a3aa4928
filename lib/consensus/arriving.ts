import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';

/** Something large is coming from a process: so many bytes since the last such input, or none yet. */
export interface Arriving {
  readonly from: ProcessId;
  readonly bytes: number;
  /** Since the oldest of it was announced; Infinity where it is for this process alone, or nothing is known. */
  readonly agoTicks: number;
}

/**
 * Whether the answer to a question may come behind what is arriving: where that was announced before the question got there.
 * Bytes that every process is sent all the time are no sign that an answer is still to come.
 */
export function mayPrecedeAnswer(
  agoTicks: number,
  ticksSinceQuestion: number,
  roundTripTicks: number,
  { retryTicks }: Settings,
): boolean {
  return agoTicks + retryTicks + roundTripTicks >= ticksSinceQuestion;
}
