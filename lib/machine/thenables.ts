import { types } from 'node:util';

/** Whether `await` would call a method of `value`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/** Handles the rejection of a promise that no caller gets: unhandled, it would end the process. Other thenables are not called. */
export function silence(dropped: unknown): void {
  if (types.isPromise(dropped)) dropped.catch(() => undefined);
}
