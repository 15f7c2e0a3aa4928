/** Everything that promises have to do, and that waits for nothing else, is done when it resolves. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise is fulfilled once all that waits for nothing else is done. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  await settled();
  return Promise.race([promise.then(() => true), Promise.resolve(false)]);
}
