import type { Arriving } from '../consensus/arriving.js';
import type { MessageOf } from '../consensus/messages.js';
import type { DamagedLogError } from '../model/errors.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { RepairMessage } from './wire/repair-messages.js';

/** The receiver of messages below consensus. */
export interface RepairReceiver {
  /** A message of repair; and decisions, which may replace damaged entries here. */
  receive(from: ProcessId, message: RepairMessage | MessageOf<'decided'>): void;
  /** Another process asks for entries that the log no longer has. */
  offer(to: ProcessId, beyond: Instance): void;
  /** The log cannot be read there for another process. */
  damaged(damage: DamagedLogError): void;
  /** Something is damaged here that no other process has been able to tell again. */
  readonly isHelpless: boolean;
  /** Something large is coming from a process: so many more bytes. */
  arriving(arrival: Arriving): void;
  tick(): void;
}
