/** The JSON schemas that the HTTP services of the samples share. */

/** Names an auction, an account, a person or a transaction; safe in a path. */
export const identifier = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' };

/** A line for people. */
export const text = { type: 'string', minLength: 1, maxLength: 200 };

/** Money in cents. */
export const amount = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

/** A number of things to list, as it stands in a query string. */
export const count = { type: 'string', pattern: '^[1-9][0-9]{0,3}$' };

/** An object with exactly these properties, of which the `optional` ones may be missing. */
export function object(required: Record<string, object>, optional: Record<string, object> = {}): object {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}
