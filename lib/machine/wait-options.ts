import { setMaxListeners } from 'node:events';

import { TreplicaError } from '../model/errors.js';
import { aSignal, checkOptions, optional, type OptionKinds } from '../model/options.js';
import type { Queue } from '../queue/queue.js';

/** How long a caller waits. */
export interface WaitOptions {
  /** Stops the wait when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Stops the wait after so many milliseconds: at least 1, at most 2³¹ − 1. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS_MAX = 0x7fff_ffff;

const KINDS: OptionKinds<WaitOptions> = {
  signal: aSignal,
  timeoutMs: optional(
    (value) => typeof value === 'number' && value >= 1 && value <= TIMEOUT_MS_MAX,
    `a number of milliseconds from 1 to ${TIMEOUT_MS_MAX}, or leave it out`,
  ),
};

/** @throws TreplicaError INVALID_OPTION */
export function checkWait(what: 'execute' | 'read', options: unknown): void {
  checkOptions(what, options, KINDS);
}

/** As `queue.sync`, for as long as `options` allow. Rejects with the signal's reason, or READ_TIMED_OUT. */
export async function syncWithin(queue: Queue, { signal, timeoutMs }: WaitOptions): Promise<void> {
  signal?.throwIfAborted();
  const wait = new AbortController();
  const stop = timeoutMs === undefined ? undefined : queue.after(timeoutMs, () => wait.abort(readTimedOut(timeoutMs)));
  const abort = (): void => wait.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  // One signal may stand for thousands of reads: that is no leak, which Node would warn of.
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
  try {
    await queue.sync(wait.signal);
  } finally {
    stop?.();
    signal?.removeEventListener('abort', abort);
  }
}

function readTimedOut(timeoutMs: number): TreplicaError {
  return new TreplicaError(
    'READ_TIMED_OUT',
    `The query was not run: within ${timeoutMs} ms this replica did not hear from a majority what had been acknowledged, or did not come to hold it. Reads change nothing: try again, here or at another replica, or see whether a majority is up.`,
  );
}
