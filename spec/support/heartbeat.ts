import type { MessageOf } from '../../lib/consensus/messages.js';
import type { Ballot } from '../../lib/model/ballot.js';
import type { Instance } from '../../lib/model/ids.js';

/** A heartbeat without a fast reign and without a time, whose sender knows everything below `watermark`, durably. */
export function heartbeatOf(ballot: Ballot, watermark = 0 as Instance): MessageOf<'heartbeat'> {
  return { kind: 'heartbeat', ballot, watermark, durable: watermark, anyFrom: null, complete: 0, timeMs: null };
}
