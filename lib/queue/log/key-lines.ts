import type { KeyEvent } from '../group-events.js';
import { error, info, type Line, warn } from './line.js';

/** The keys of the group. */
export function keyLine(event: KeyEvent): Line {
  switch (event.kind) {
    case 'keys-changed': {
      const { number, sendingId, removedUpTo } = event;
      return info({ number, sendingId, removedUpTo }, 'the group has changed its keys');
    }
    case 'keys-void':
      return warn({ number: event.number }, 'a change of the keys changes nothing: another was decided before');
    case 'key-missing':
      return error(
        { key: event.id, held: event.held },
        'the group sends with a key that this process does not have, and is not heard here: add it to the keys of this process',
      );
    case 'key-file-failed':
      return error({ err: event.error }, 'the file of keys cannot be used as it is');
  }
}
