import type { Notice } from '../consensus/effects.js';
import type { QueueEvent } from '../queue/events.js';

/** A notice of the core, as an event of the queue. */
export function eventOf(notice: Notice): QueueEvent {
  if (notice.kind !== 'founded') return notice;
  const { kind, group, view, part } = notice;
  return { kind, group, members: view.members, part };
}
