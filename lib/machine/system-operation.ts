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

/** Changes nothing: that it has been executed says that a majority lives, and that this replica has all that came before. */
class Probe extends SystemOperation {
  execute(): void {
    // What it says is where it stands.
  }
}

register(Probe, 'treplica.probe');

export const PROBE: SystemOperation = new Probe();

/** The message of every probe. */
export const PROBE_MESSAGE: Uint8Array = encode(PROBE, MessageHead.systemOperation);
