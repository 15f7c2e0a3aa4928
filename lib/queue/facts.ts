import { inspect } from 'node:util';

import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { Facts } from '../model/facts.js';
import type { ProcessId } from '../model/ids.js';

/**
 * The facts that members and observers of a group publish about themselves: names of operations, a version, an address. Best
 * effort: facts come late, or never from a process that is not reached, and may be outdated when they come. No guarantee may
 * depend on them.
 */
export interface ParticipantFacts extends Iterable<readonly [ProcessId, Facts]> {
  /**
   * Replaces the facts that this start of this process has published before. Processes that come later, or are restarted, get
   * them as well. A start begins without published facts.
   * @throws TreplicaError INVALID_OPTION if it is no flat record of texts, finite numbers and booleans, or has more than 1,024
   * bytes as JSON; QUEUE_CLOSED.
   */
  publish(facts: Facts): void;

  /** The facts that the latest known start of a process has published, this process included; undefined if none are known. */
  of(process: ProcessId): Facts | undefined;
}

/**
 * A copy of `facts` that does not change any more.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkedFacts(facts: unknown): Facts {
  const entries = typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? Object.entries(facts) : null;
  if (entries === null) throw invalid(`and this is ${inspect(facts)}: publish an object`);
  for (const [key, value] of entries) {
    const isCarried = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
    if (!isCarried) throw invalid(`and '${key}' is ${inspect(value)}: leave it out, or say it as text`);
  }
  const json = JSON.stringify(facts);
  const bytes = Buffer.byteLength(json);
  if (bytes > constants.factsBytesMax)
    throw invalid(`of ${String(constants.factsBytesMax)} bytes at most, and these have ${String(bytes)}: publish less`);
  return Object.freeze(JSON.parse(json) as Facts);
}

function invalid(why: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', `Facts are a record of texts, finite numbers and booleans, ${why}.`);
}
