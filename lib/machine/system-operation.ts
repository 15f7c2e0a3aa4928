import { MessageHead } from '../queue/message-head.js';
import { encode } from '../serialization/codec.js';
import { register } from '../serialization/registry.js';
import type { ExecutionContext } from './execution-context.js';
import type { SystemState } from './system-state.js';

/**
 * A change of the system state, in one order with the operations of the application. As with those, every replica executes
 * a copy of it, synchronously, and it has to do the same everywhere. Names of its classes begin with 'treplica.'.
 */
export abstract class SystemOperation {
  abstract execute(system: SystemState, context: ExecutionContext): unknown;
}

/** Changes nothing. Its execution shows that a majority is alive, and that this replica has executed everything before it. */
class Probe extends SystemOperation {
  execute(): void {
    // Its place in the log is all that matters.
  }
}

register(Probe, 'treplica.probe');

export const PROBE: SystemOperation = new Probe();

/** The message of every probe. */
export const PROBE_MESSAGE: Uint8Array = encode(PROBE, MessageHead.systemOperation);
