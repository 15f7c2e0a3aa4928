import type { QueueEventOf } from '../events.js';
import type { FoundingEvent, MembershipEvent } from '../group-events.js';
import { error, info, type Line, type Place, warn } from './line.js';

type Attendance = 'awaiting-founders' | 'awaiting-place' | 'no-quorum' | 'quorum';

/** How the group came about. */
export function foundingLine(event: Exclude<FoundingEvent, { readonly kind: Attendance }>, place: Place): Line {
  switch (event.kind) {
    case 'founded': {
      const facts = { ...place, group: event.group, members: event.members };
      if (event.part === 'member') return info(facts, 'the group is founded');
      if (event.part === 'observer') return warn(facts, 'this process takes part in the group without a vote');
      return warn(facts, 'the group has been founded without this process, which waits and takes no part');
    }
    case 'replicas-differ': {
      const { process, replicas } = event;
      return error({ ...place, process, replicas }, 'a process was started for another number of replicas');
    }
    case 'bases-differ': {
      const { process, base, own } = event;
      return error({ ...place, process, base, own }, 'a process, or its group, has begun from another backup');
    }
    case 'borders-differ': {
      const { process, borderInstances, own } = event;
      return error({ ...place, process, borderInstances, own }, 'a process, or its group, has another border constant');
    }
    case 'awaiting-signatures':
      return warn(
        { ...place, missing: event.missing },
        'the group cannot be founded until these processes have signed: start them again',
      );
    case 'dissolved': {
      const { group, isDead } = event;
      const how = isDead
        ? 'the founding did not come about: this process begins anew'
        : 'the group was founded after this process had given it up: it begins anew, without a vote';
      return error({ ...place, group, isDead }, how);
    }
    case 'votes-lost':
      return error(
        { ...place, group: event.group },
        'this process is a member of a group that its ledger does not know',
      );
    case 'awaiting-group':
      return warn(
        place,
        'this process has lost an earlier ledger, and so founds no group: it waits for one to join; if none is left, restore a backup',
      );
  }
}

/** The line of an event that tells which processes are missing for the group to be founded or to work. */
export function attendanceLine(event: QueueEventOf<Attendance>, place: Place): Line {
  const where = `on ${place.queue} via ${place.interface}`;
  switch (event.kind) {
    case 'awaiting-founders': {
      const { found, replicas } = event;
      const text =
        found < replicas
          ? `${found} of ${replicas} processes found ${where}: start the others. Where they run, check that all have the same queue id and the same number of replicas, that each has a directory of its own, empty or restored from the same backup, and that multicast reaches them: networkInterface names the interface that they share, and no firewall on the way drops UDP to the queue's port, or UDP and TCP to the option port.`
          : `${found} processes found ${where}, enough for ${replicas} replicas, and they are not one group yet: where this goes on, see what the others say in their logs.`;
      return warn({ ...place, found, replicas }, text);
    }
    case 'awaiting-place':
      return warn(
        place,
        `a group ${where} is complete without this process, which waits and takes no part: start it with recover: true to have it follow without a vote, or give it another queue id, or stop it.`,
      );
    case 'no-quorum': {
      const { heard, members, needed, missing } = event;
      const text =
        heard < needed
          ? `the group has no majority: ${heard} of ${members} members are heard ${where}, and ${needed} are needed. Operations and reads wait. Start the missing processes with their directories; where they run, check network, firewall and multicast.`
          : `the group has no coordinator: ${heard} of ${members} members are heard ${where}, and yet none is elected. Operations and reads wait. Check that these processes hear each other in both directions, by UDP and TCP, and what their logs say.`;
      return warn({ ...place, missing }, text);
    }
    case 'quorum':
      return info(place, 'the group has a coordinator again, whom a majority answers');
  }
}

/** How the members change. */
export function membershipLine(event: MembershipEvent): Line {
  switch (event.kind) {
    case 'view':
      return info({ view: event.number, members: event.members }, 'the members of the group change');
    case 'view-complete':
      return info(
        { view: event.number },
        'the change of the members is complete: those removed are not needed any more',
      );
    case 'view-void':
      return info(
        { view: event.number, members: event.members },
        'a change of the members came after another one, and changes nothing',
      );
    case 'observer': {
      const { process, address, lagInstances } = event;
      return info({ process, address, lagInstances }, 'a process takes part without a vote');
    }
    case 'observer-gone':
      return info({ process: event.process }, 'a process without a vote is not heard any more');
    case 'cloned': {
      const { process, starts } = event;
      return warn(
        { process, starts },
        `the directory of process ${process} was copied or put back: starts of it know nothing of each other, and its votes count no more. Stop what runs on copies of it, and start one of them with recover: true: it comes back under a new id, without a vote, and can be made a member in the place of this one.`,
      );
    }
    case 'member-replaced':
      return warn({ process: event.process, by: event.by }, 'a member that was silent for long has been replaced');
    case 'replacement-failed': {
      const { process, by, error } = event;
      return warn({ process, by, error }, 'a member that is silent could not be replaced: look at the error');
    }
  }
}
