import { setTimeout as sleep } from 'node:timers/promises';

import type { Consistency } from '../lib/index.js';
import type { Meter } from './window.js';

/** Which calls are reads, and of which kind. */
export interface ReadMix {
  readonly consistency: Consistency;
  /** Of all calls, from 0 to 1. */
  readonly share: number;
}

/** The load that a replica's callers make. */
export type Load =
  /** Each of `callers` makes one call after the other, an operation or a read; where `operations` is given, so many in all. */
  | { readonly kind: 'closed'; readonly callers: number; readonly operations?: number; readonly reads?: ReadMix }
  /**
   * Operations at a fixed rate, however long the earlier ones take; where `unansweredMax` is given, no more once so many
   * are unanswered.
   */
  | { readonly kind: 'open'; readonly opsPerSecond: number; readonly unansweredMax?: number };

type OpenLoad = Extract<Load, { readonly kind: 'open' }>;

/** Callers that an open loop stands for. */
const OPEN_CALLERS = 1000;

/** Runs a load until it is done or `signal` aborts, and all that was executed is answered. */
export async function runLoad(
  load: Load,
  execute: (caller: number) => Promise<unknown>,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  if (load.kind === 'open') return openLoop(load, execute, meter, signal);
  let left = load.operations ?? Infinity;
  const call = async (caller: number): Promise<void> => {
    for (let start = performance.now(); left > 0 && !signal.aborted;) {
      left -= 1;
      await execute(caller);
      const end = performance.now();
      meter.add(end - start);
      start = end;
    }
  };
  await Promise.all(Array.from({ length: load.callers }, (_, caller) => call(caller)));
}

/**
 * The latency counts from when an operation was due, not from when a busy process came to put it: otherwise a stall
 * would hide the very operations that it delays. The operations that are due are put once a millisecond, which is the
 * resolution.
 */
async function openLoop(
  { opsPerSecond, unansweredMax = Infinity }: OpenLoad,
  execute: (caller: number) => Promise<unknown>,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  const begin = performance.now();
  let put = 0;
  let answered = 0;
  const call = async (caller: number, due: number): Promise<void> => {
    await execute(caller);
    meter.add(performance.now() - due);
    answered += 1;
  };
  const dueMs = (n: number): number => begin + (1000 * n) / opsPerSecond;
  const hasGivenUp = (): boolean => put - answered >= unansweredMax;
  while (!signal.aborted) {
    const now = performance.now();
    for (; dueMs(put) <= now && !hasGivenUp(); put += 1) void call(put % OPEN_CALLERS, dueMs(put));
    if (hasGivenUp()) break;
    await sleep(1);
  }
  while (answered < put) await sleep(1);
}
