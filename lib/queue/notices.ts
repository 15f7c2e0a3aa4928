import type { Logger } from 'pino';
import type { Notice } from '../consensus/effects.js';
import { showBallot } from '../model/ballot.js';

/** Says in the log what the core has noticed. */
export function logNotice(log: Logger, notice: Notice): void {
  switch (notice.kind) {
    case 'founded': {
      const facts = { group: notice.group, members: notice.view.members };
      if (notice.part === 'member') log.info(facts, 'the group is founded');
      else if (notice.part === 'learner') log.warn(facts, 'this process takes part in the group without a vote');
      else log.warn(facts, 'the group has been founded without this process, which waits and takes no part');
      return;
    }
    case 'replicas-differ':
      log.error(
        { process: notice.process, replicas: notice.replicas },
        'a process was started for another number of replicas',
      );
      return;
    case 'bases-differ':
      log.error(
        { process: notice.process, base: notice.base, own: notice.own },
        'a process, or its group, has begun from another backup',
      );
      return;
    case 'awaiting-signatures':
      log.warn(
        { missing: notice.missing },
        'the group cannot be founded until these processes have signed: start them again',
      );
      return;
    case 'awaiting-group':
      log.warn(
        'this process has lost an earlier ledger, and so founds no group: it waits for one to join; if none is left, restore a backup',
      );
      return;
    case 'reign':
      log.debug({ ballot: showBallot(notice.ballot) }, 'this process wants to coordinate');
      return;
    case 'coordinator':
      log.info({ ballot: showBallot(notice.ballot) }, 'this process coordinates');
      return;
    case 'resigned':
      log.info({ ballot: showBallot(notice.ballot), why: notice.why }, 'this process coordinates no longer');
      return;
    case 'collision':
      log.debug({ instance: notice.instance }, 'proposals have collided');
      return;
    case 'stuck':
      log.debug({ instance: notice.instance }, 'an instance is recovered that was not decided in time');
      return;
  }
}
