import { types } from 'node:util';

/** Whether `await` would call a method of `value`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/** A promise that nobody is given would end the process if it were rejected. Other thenables are not called at all. */
export function silence(dropped: unknown): void {
  if (types.isPromise(dropped)) dropped.catch(() => undefined);
}
