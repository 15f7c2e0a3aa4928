import type { Mutant } from './mutant.js';

/** A process whose directory was put back has forgotten votes, and is told so before it votes. */
export const starts: readonly Mutant[] = [
  {
    name: 'lineage-overlooked',
    file: 'lib/paxos/known-starts.ts',
    from: 'return known.starts.every((other) => isOfLineage(other, lineage))',
    to: 'return known.starts.every((other) => isOfLineage(other, [...lineage, other]))',
    breaks:
      'A member that knows of a start that is not in the lineage of a later one has found that the directory was put back.',
    needs: 'a directory that is put back',
    profile: 'crashes',
  },
];
