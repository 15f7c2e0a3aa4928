import { setTimeout as sleep } from 'node:timers/promises';

/** Below the time that a spec is given, so that it fails with what it has waited for. */
const LIMIT_MS = 50_000;
const INTERVAL_MS = 20;

/** Resolves once `expectation` throws no more; rejects with what it throws after a generous time. */
export async function soon(expectation: () => void): Promise<void> {
  const endMs = Date.now() + LIMIT_MS;
  for (;;) {
    try {
      expectation();
      return;
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await sleep(INTERVAL_MS);
  }
}
