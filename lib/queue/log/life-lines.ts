import type { LifeEvent } from '../events.js';
import { debug, error, fatal, type Line, type Place, warn } from './line.js';

/** The life of the queue in this process. */
export function lifeLine(event: LifeEvent, place: Place): Line {
  switch (event.kind) {
    case 'opened': {
      const { process, incarnation } = event;
      return debug({ ...place, process, incarnation }, 'the ledger is read and the sockets are bound');
    }
    case 'keys-exposed': {
      const { path, mode } = event;
      return warn(
        { queue: place.queue, path, mode: mode.toString(8) },
        'other users of this machine may read or write the file of keys: make it one for the user of this process alone (chmod 600)',
      );
    }
    case 'stopped':
      if (event.cause === null) return debug(event.counts, 'what has been sent, received and dropped');
      return fatal({ err: event.cause, queue: place.queue, counts: event.counts }, 'the queue has stopped');
    case 'operators-cut-off':
      return warn(
        { err: event.error, queue: place.queue },
        'operators do not reach this process by the socket in its directory: the commands of treplica that ask a running process fail',
      );
    case 'failed-later':
      return error(
        { err: event.error, queue: place.queue },
        'the queue had stopped already, and something else has failed',
      );
    case 'holder-failed':
      return error({ err: event.error, queue: place.queue }, 'what the queue was bound to has failed in stopped()');
    case 'listener-failed':
      return error(
        { err: event.error, queue: place.queue },
        'a listener of the queue has failed: it is told further events, and of its failures only this one is told',
      );
  }
}
