import type { Mutant } from './mutant.js';

/** A member that is silent is replaced by an observer that is level, and a process without a disk has no vote until it is added. */
export const replacements: readonly Mutant[] = [
  {
    name: 'silent-members-stay',
    file: 'lib/paxos/auto-replacement.ts',
    from: 'if (silent !== undefined && observer !== undefined) this.#change({ silent, observer });',
    to: 'if (silent === observer && silent !== undefined) this.#change({ silent, observer: silent });',
    breaks: 'A member that is silent for long is replaced by an observer that is level.',
    profile: 'churn',
  },
  {
    name: 'heard-members-replaced',
    file: 'lib/paxos/auto-replacement.ts',
    from: 'this.#silentTicks.set(member, Math.min(ticks, transport.ticksSinceHeard(member)));',
    to: 'this.#silentTicks.set(member, ticks);',
    breaks: 'Only a member that has not been heard for so long is replaced.',
    profile: 'churn',
  },
  {
    name: 'lag-of-observers-overlooked',
    file: 'lib/paxos/observers.ts',
    from: 'return Math.max(0, Math.max(core.watermark, core.knownWatermark) - durable);',
    to: 'return Math.min(0, core.watermark - durable);',
    breaks: 'A silent member is replaced only by an observer that is level.',
    needs: 'an observer that lacks more than a window',
    profile: 'churn',
  },
  {
    name: 'wiped-process-acts',
    file: 'lib/consensus/shared.ts',
    from: 'return shared.right.isAdmitted && shared.views.isMember(shared.self);',
    to: 'return shared.views.records.some(({ view }) => view.has(shared.self)) ? shared.right.isAdmitted && shared.views.isMember(shared.self) : shared.views.isFounded;',
    breaks: 'A process that has lost its disk has no vote until it is added anew.',
    profile: 'churn',
  },
];
