import type { Mutant } from './mutant.js';

/** Members are replaced, and a process that comes back without its disk has no vote until a view has it. */
export const replacements: readonly Mutant[] = [
  {
    name: 'wiped-process-acts',
    file: 'lib/consensus/shared.ts',
    from: 'return shared.right.isAdmitted && shared.views.isMember(shared.self);',
    to: 'return shared.views.records.some(({ view }) => view.has(shared.self)) ? shared.right.isAdmitted && shared.views.isMember(shared.self) : shared.views.isFounded;',
    breaks: 'A process that has lost its disk has no vote until it is added anew.',
    profile: 'churn',
  },
  {
    name: 'silent-members-stay',
    file: 'lib/paxos/auto-replacement.ts',
    from: 'return autoReplace !== null && ticks * constants.tickMs >= autoReplace.afterMs;',
    to: 'return autoReplace !== null && ticks * constants.tickMs >= 1_000 * autoReplace.afterMs;',
    breaks: 'A member that has been silent for long enough is replaced by a level observer.',
    needs: 'members that do not come back, and observers',
    profile: 'churn',
  },
  {
    name: 'heard-members-replaced',
    file: 'lib/paxos/auto-replacement.ts',
    from: 'this.#silentTicks.set(member, Math.min(ticks, transport.ticksSinceHeard(member)));',
    to: 'this.#silentTicks.set(member, ticks && Math.max(ticks, transport.ticksSinceHeard(member)));',
    breaks: 'Only a silent member is replaced.',
    needs: 'observers',
    profile: 'churn',
  },
];
