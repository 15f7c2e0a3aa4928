import type { Notice } from '../consensus/effects.js';
import type { QueueEvent } from '../queue/events.js';

/** A notice of the core, as an event of the queue. */
export function eventOf(notice: Notice): QueueEvent {
  switch (notice.kind) {
    case 'founded': {
      const { kind, group, view, part } = notice;
      return { kind, group, members: view.members, part };
    }
    case 'view': {
      const { view, from } = notice.record;
      return { kind: 'view', number: view.number, members: view.members, from };
    }
    case 'view-void':
      return { kind: 'view-void', number: notice.view.number, members: notice.view.members };
    case 'keys': {
      const { number, sendingId, removedUpTo } = notice.state;
      return { kind: 'keys-changed', number, sendingId, removedUpTo };
    }
    case 'keys-void':
      return { kind: 'keys-void', number: notice.state.number };
    default:
      return notice;
  }
}
