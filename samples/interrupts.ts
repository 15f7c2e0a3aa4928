/** The ends that people ask for. */

/** npm passes Ctrl-C on to us although we have had it from the terminal: this soon after, it is still the same one. */
const sameKeyMs = 1000;

/** Calls `first` for the first request to end, and `again` for one that comes because the first has not been enough. */
export function onInterrupt(first: () => void, again: () => void): void {
  let firstAt: number | undefined;
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      console.log('\nclosing the replicas (Ctrl-C again: at once)');
      first();
    } else if (performance.now() - firstAt > sameKeyMs) again();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}
