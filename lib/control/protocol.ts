/**
 * What is said on the control socket, each a line of JSON. The peer sends one request, an object that names its `command`. The
 * process answers `{"isHeard":true}` at once, and, when the command is done, `{"result":…}` or `{"error":{"code":…,"message":…}}`.
 * A peer that ends its side before has given the wait up.
 */

/** A longer request is refused. */
export const REQUEST_BYTES_MAX = 65_536;

export interface Request {
  readonly command: string;
  readonly [argument: string]: unknown;
}

export type Reply =
  | { readonly isHeard: true }
  | { readonly result: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };

export function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null) return false;
  const { isHeard, error } = value as { readonly isHeard?: unknown; readonly error?: Record<string, unknown> | null };
  return (
    isHeard === true ||
    'result' in value ||
    (typeof error?.['code'] === 'string' && typeof error['message'] === 'string')
  );
}

export function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Request>).command === 'string';
}
