import { setMaxListeners } from 'node:events';

import { aBoolean, aSignal, checkOptions, optional, type OptionKinds } from '../model/options.js';
import type { Queue } from '../queue/queue.js';

/** How long a caller waits. */
export interface WaitOptions {
  /** Stops the wait when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Stops the wait after so many milliseconds: at least 1, at most 2³¹ − 1. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS_MAX = 0x7fff_ffff;

export const WAIT_KINDS: OptionKinds<WaitOptions> = {
  signal: aSignal,
  timeoutMs: optional(
    (value) => typeof value === 'number' && value >= 1 && value <= TIMEOUT_MS_MAX,
    `a number of milliseconds from 1 to ${TIMEOUT_MS_MAX}, or leave it out`,
  ),
};

/** How a state machine closes. */
export interface CloseOptions extends WaitOptions {
  /** Whether the operations that were given to it before are waited for: no longer than the other options allow. Default: false. */
  readonly drain?: boolean | undefined;
}

const CLOSE_KINDS: OptionKinds<CloseOptions> = { ...WAIT_KINDS, drain: aBoolean };

/** @throws TreplicaError INVALID_OPTION */
export function checkClose(options: unknown): void {
  checkOptions('close', options, CLOSE_KINDS);
}

/** @throws TreplicaError INVALID_OPTION */
export function checkWait(what: 'execute' | 'ready', options: unknown): void {
  checkOptions(what, options, WAIT_KINDS);
}

/**
 * Waits as `wait` does, and no longer than `options` allow: then its signal aborts, with the reason of the caller's signal or
 * with the error that `timedOut` makes. `clock` measures the time.
 */
export async function within(
  clock: Pick<Queue, 'after'>,
  { signal, timeoutMs }: WaitOptions,
  timedOut: (timeoutMs: number) => Error,
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const stop = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => limit.abort(timedOut(timeoutMs)));
  const abort = (): void => limit.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  // One signal may serve thousands of waits: this is no leak, but Node would warn of one.
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
  try {
    await wait(limit.signal);
  } finally {
    stop?.();
    signal?.removeEventListener('abort', abort);
  }
}
