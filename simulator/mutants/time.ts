import type { Mutant } from './mutant.js';

/** A clock that is wrong moves nothing. */
export const time: readonly Mutant[] = [
  {
    name: 'own-clock-stamped',
    file: 'lib/consensus/group-clock.ts',
    from: 'return Math.min(Math.max(nowMs, timeMs - constants.clockBoundMs), timeMs + constants.clockBoundMs);',
    to: 'return Math.max(nowMs, timeMs - constants.clockBoundMs);',
    breaks: 'A proposer stamps its own clock, held within one second of the published time.',
    needs: 'a clock in the future at a process that proposes',
  },
  {
    name: 'latest-clock-published',
    file: 'lib/consensus/group-clock.ts',
    from: 'if (this.#publishedMs === null) return lower;',
    to: 'if (unheard >= 0) return Math.max(...sorted);',
    breaks: 'The coordinator publishes the median of the clocks.',
    needs: 'a clock in the future at any member',
  },
  {
    name: 'jumped-coordinator-trusts-itself',
    file: 'lib/consensus/group-clock.ts',
    from: 'if (Math.abs(jumpMs) > constants.clockBoundMs) this.#jumped(jumpMs);',
    to: 'if (Math.abs(jumpMs) > Infinity) this.#jumped(jumpMs);',
    breaks: 'A coordinator whose own clock jumps takes its knowledge of the others’ clocks as old.',
    needs: 'a clock that is set while its process coordinates',
  },
];
