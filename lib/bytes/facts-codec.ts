import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { Facts } from '../model/facts.js';

/** As JSON, in the order of the keys: `facts` are those that `checkedFacts` has let pass. */
export function encodeFacts(facts: Facts): Uint8Array {
  return Buffer.from(JSON.stringify(facts));
}

/**
 * Decodes facts that `encodeFacts` has encoded.
 * @throws TreplicaError MALFORMED_BYTES for what is larger, or nothing that it makes; SyntaxError for what is no JSON
 */
export function decodeFacts(bytes: Buffer): Facts {
  check(bytes.length <= constants.factsBytesMax, 'they are too large');
  const text = bytes.toString();
  const facts: unknown = JSON.parse(text);
  check(typeof facts === 'object' && facts !== null && !Array.isArray(facts), 'they are no record');
  for (const value of Object.values(facts))
    check(['string', 'number', 'boolean'].includes(typeof value), 'a value is neither text, number nor boolean');
  // A number may be read that cannot be written, a key twice, and U+FFFD from what is no UTF-8.
  check(JSON.stringify(facts) === text && Buffer.from(text).equals(bytes), 'they have another form');
  return Object.freeze(facts as Facts);
}

function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new TreplicaError('MALFORMED_BYTES', `The bytes are no facts of a process: ${otherwise}.`);
}
