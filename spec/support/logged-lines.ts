import type { QueueEvent } from '../../lib/queue/events.js';
import { logEvents } from '../../lib/queue/log/log-events.js';
import { ANNA } from './ids.js';

const QUEUE = '239.255.0.1:7400';
const PLACE = 'lo (127.0.0.1, port 7401)';

type EventLog = Parameters<typeof logEvents>[0];

interface LoggedLine {
  readonly level: keyof EventLog;
  readonly text: string;
}

/** What the log says of each of these events of a process on loopback. */
export function loggedLines(events: readonly QueueEvent[]): LoggedLine[] {
  const lines: LoggedLine[] = [];
  const at = (level: keyof EventLog) => (_facts: object, text: string) => void lines.push({ level, text });
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), fatal: at('fatal') };
  const listener = logEvents(log, QUEUE);
  listener({ kind: 'opened', process: ANNA, incarnation: 1, place: PLACE });
  for (const event of events) listener(event);
  return lines.slice(1);
}
