/** The log as one listener of a queue, and what its events read like. */
import type { ProcessId } from '../../model/ids.js';
import type { FactsEvent, HolderEvent, NetworkEvent, QueueEvent, QueueEventOf, QueueListener } from '../events.js';
import type { KeyEvent, MembershipEvent } from '../group-events.js';
import { attendanceLine, foundingLine, membershipLine } from './founding-lines.js';
import { holderLine } from './holder-lines.js';
import { keyLine } from './key-lines.js';
import { lifeLine } from './life-lines.js';
import { debug, type Line, type Place } from './line.js';
import { checkpointLine, damageLine, recoveryLine } from './recovery-lines.js';
import { refusalLine, reignLine } from './reign-lines.js';
import { waitLine } from './wait-lines.js';

/** The methods of a logger that are called. */
export type EventLog = Readonly<Record<Line['level'], (facts: object, text: string) => void>>;

/** A listener that says in `log` what happens to the queue `queueId`. */
export function logEvents(log: EventLog, queueId: string): QueueListener {
  let place: Place = { queue: queueId, interface: 'no interface yet' };
  let process: ProcessId | null = null;
  return (event) => {
    if (event.kind === 'opened') {
      place = { queue: queueId, interface: event.place };
      process = event.process;
    }
    const { level, facts, text } = lineOf(event, place);
    log[level](level === 'fatal' ? { ...facts, process } : facts, text);
  };
}

/** The line of an event. */
function lineOf(event: QueueEvent, place: Place): Line {
  switch (event.kind) {
    case 'opened':
    case 'stopped':
    case 'failed-later':
    case 'holder-failed':
    case 'listener-failed':
      return lifeLine(event, place);
    case 'founded':
    case 'replicas-differ':
    case 'bases-differ':
    case 'borders-differ':
    case 'awaiting-signatures':
    case 'awaiting-group':
    case 'dissolved':
    case 'votes-lost':
      return foundingLine(event, place);
    case 'awaiting-founders':
    case 'awaiting-place':
    case 'no-quorum':
    case 'quorum':
      return attendanceLine(event, place);
    case 'reign':
    case 'coordinating':
    case 'resigned':
    case 'mode':
    case 'reigns-exhausted':
    case 'collision':
    case 'stuck':
      return reignLine(event, place);
    case 'refused':
    case 'malformed':
    case 'foreign-group':
      return refusalLine(event, place);
    case 'checkpoint-made':
    case 'checkpoint-failed':
    case 'checkpoint-overdue':
    case 'checkpoint-quiet':
    case 'checkpoint-source-damaged':
    case 'states-differ':
      return checkpointLine(event, place);
    case 'behind':
    case 'level':
    case 'fetching':
    case 'fetch-abandoned':
    case 'installed':
      return recoveryLine(event);
    case 'damaged':
    case 'repaired':
    case 'set-aside':
      return damageLine(event, place);
    case 'unanswered':
    case 'no-room':
    case 'time-ahead':
    case 'clock-strays':
      return waitLine(event, place);
    default:
      return otherLine(event, place);
  }
}

type OtherEvent =
  | KeyEvent
  | NetworkEvent
  | FactsEvent
  | HolderEvent
  | MembershipEvent
  | QueueEventOf<'operators-cut-off' | 'keys-exposed'>;

function otherLine(event: OtherEvent, place: Place): Line {
  switch (event.kind) {
    case 'network':
      return event;
    case 'operators-cut-off':
    case 'keys-exposed':
      return lifeLine(event, place);
    case 'message-skipped':
      return holderLine(event, place);
    case 'facts-changed':
      return debug({ process: event.process, facts: event.facts }, 'a process publishes other facts of itself');
    case 'keys-changed':
    case 'keys-void':
    case 'key-missing':
    case 'key-file-failed':
      return keyLine(event);
    default:
      return membershipLine(event);
  }
}
