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
];
