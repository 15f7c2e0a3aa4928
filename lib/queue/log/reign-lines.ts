import { showBallot } from '../../model/ballot.js';
import type { QueueEventOf, RefusalEvent, ReignEvent } from '../events.js';
import { debug, error, info, type Line, type Place, warn } from './line.js';

type Reign = Exclude<ReignEvent, QueueEventOf<'no-quorum' | 'quorum'>>;

/** The line of an event that tells which process coordinates, or what a coordinator meets. */
export function reignLine(event: Reign, place: Place): Line {
  switch (event.kind) {
    case 'reign':
      return debug({ ballot: showBallot(event.ballot) }, 'this process wants to coordinate');
    case 'coordinating':
      return info({ ballot: showBallot(event.ballot) }, 'this process coordinates');
    case 'resigned':
      return info({ ballot: showBallot(event.ballot), why: event.why }, 'this process coordinates no longer');
    case 'collision':
      return debug({ instance: event.instance }, 'proposals have collided');
    case 'mode':
      return debug({ ballot: showBallot(event.ballot) }, `order is made in a ${event.mode} reign`);
    case 'reigns-exhausted':
      return error(
        { ...place, reign: event.reign },
        'this process cannot coordinate any more: somebody has used up the numbers of reigns; found the group anew from a backup',
      );
    case 'stuck':
      return debug({ instance: event.instance }, 'an instance is recovered that was not decided in time');
  }
}

/** The line of an event that tells of messages which count for nothing. */
export function refusalLine(event: RefusalEvent, place: Place): Line {
  switch (event.kind) {
    case 'refused':
      return warn(
        { ...place, ...event.counts, latest: event.latest },
        'messages were refused that no process of this group and release sends: check what else uses the address of the queue',
      );
    case 'malformed':
      return warn(
        { ...place, count: event.count, latest: event.latest },
        'messages have come that this release does not know: run the same release on all processes of the group',
      );
    case 'foreign-group':
      return warn(
        { queue: place.queue, group: event.group },
        'another group uses this address: give each group its own',
      );
  }
}
