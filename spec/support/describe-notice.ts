import type { Notice } from '../../lib/consensus/effects.js';
import { unreachable } from '../../lib/model/assert.js';
import type { ProcessId } from '../../lib/model/ids.js';
import type { Part } from '../../lib/model/part.js';
import { describeBallot } from '../../lib/paxos/wire/describe.js';

const PARTS: Readonly<Record<Part, string>> = {
  member: 'is in',
  observer: 'observes',
  stranger: 'comes too late for',
};

/** A notice of a core in the language of `lib/paxos/wire/describe.ts`. */
export function describeNotice(notice: Notice, nameOf: (process: ProcessId) => string): string {
  switch (notice.kind) {
    case 'founded': {
      const group = `group ${notice.group.slice(0, 6)} of ${notice.view.members.map(nameOf).join(' ')}`;
      return `${PARTS[notice.part]} ${group}`;
    }
    case 'replicas-differ':
      return `differs in n from ${nameOf(notice.process)}, n=${notice.replicas}`;
    case 'bases-differ':
      return `differs in the backup from ${nameOf(notice.process)}`;
    case 'borders-differ':
      return `differs in the border from ${nameOf(notice.process)}`;
    case 'dissolved':
      return notice.isDead
        ? `sees group ${notice.group.slice(0, 6)} dead`
        : `leaves group ${notice.group.slice(0, 6)}, which it had given up`;
    case 'votes-lost':
      return `has forgotten group ${notice.group.slice(0, 6)}`;
    case 'awaiting-group':
      return 'awaits a group to join';
    case 'awaiting-signatures':
      return `awaits signatures of ${notice.missing.map(nameOf).join(' ')}`;
    case 'reign':
      return `begins reign ${describeBallot(notice.ballot, nameOf)}`;
    case 'coordinating':
      return `coordinates in ${describeBallot(notice.ballot, nameOf)}`;
    case 'resigned':
      return `resigns ${describeBallot(notice.ballot, nameOf)}: ${notice.why}`;
    case 'collision':
      return `sees a collision at ${notice.instance}`;
    case 'stuck':
      return `finds ${notice.instance} stuck`;
    case 'refused':
      return `has refused ${Object.entries(notice.counts)
        .map(([reason, count]) => `${count} × ${reason}`)
        .join(', ')}`;
    case 'view':
      return `learns view ${notice.record.view.number}: ${notice.record.view.members.map(nameOf).join(', ')} from ${notice.record.from} on`;
    case 'view-complete':
      return `knows view ${notice.number} to be complete`;
    case 'view-void':
      return `learns that the change at ${notice.instance} is void: view ${notice.view.number} is the latest`;
    case 'keys':
      return `learns to send with key ${notice.state.sendingId}, and that keys up to ${notice.state.removedUpTo} are removed`;
    case 'keys-void':
      return `learns that a change of the keys is void: state ${notice.state.number} is the latest`;
    case 'reigns-exhausted':
      return `can begin no reign after ${notice.reign}`;
    case 'clock-strays':
      return `finds the clock of ${nameOf(notice.process)} off by ${notice.offsetMs} ms`;
    default:
      return unreachable(notice);
  }
}
