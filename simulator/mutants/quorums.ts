import type { Mutant } from './mutant.js';

/** Quorums count distinct members that have voted for one batch in one ballot, and meet. */
export const quorums: readonly Mutant[] = [
  {
    name: 'classic-quorum-one-less',
    file: 'lib/model/view.ts',
    from: 'return Math.floor(n / 2) + 1;',
    to: 'return Math.max(1, Math.floor(n / 2));',
    breaks: 'Two classic quorums meet.',
  },
  {
    name: 'fast-quorum-one-less',
    file: 'lib/model/view.ts',
    from: 'return Math.ceil((3 * n) / 4);',
    to: 'return Math.max(1, Math.ceil((3 * n) / 4) - 1);',
    breaks: 'Two fast quorums and a classic quorum meet.',
    needs: 'a fast reign of three or more with collisions',
  },
  {
    name: 'fast-ballot-decided-by-majority',
    file: 'lib/consensus/learner.ts',
    from: 'if (tally.count < view.quorum(kindOf(ballot))) return false;',
    to: 'if (tally.count < view.classicQuorum) return false;',
    breaks: "A batch is chosen by a quorum of the ballot's kind.",
    needs: 'a fast reign of three, or of five or more, with collisions: of four, both quorums are three',
  },
  {
    name: 'repeated-vote-counts',
    file: 'lib/consensus/learner.ts',
    from: 'if ((tally.members & bit) !== 0) return false;',
    to: '',
    breaks: 'A repeated message counts once.',
  },
  {
    name: 'votes-of-ballots-added',
    file: 'lib/consensus/instance-log.ts',
    from: 'if (tally.id === id && sameBallot(tally.ballot, ballot)) return tally;',
    to: 'if (tally.id === id) return tally;',
    breaks: 'A batch is chosen by votes in one ballot.',
    needs: 'votes for one batch in several ballots, none of which has a quorum',
  },
  {
    name: 'ballots-without-coordinator',
    file: 'lib/model/ballot.ts',
    from: 'if (a.coordinator !== b.coordinator) return a.coordinator < b.coordinator ? -1 : 1;',
    to: '',
    breaks: 'Ballots are totally ordered by reign, coordinator and step.',
    needs: 'two candidates that begin the same reign',
  },
  {
    name: 'late-promise-counts',
    file: 'lib/consensus/coordinator.ts',
    from: "if (phase.kind !== 'preparing' || !sameBallot(phase.ballot, promise.ballot)) return;",
    to: "if (phase.kind !== 'preparing') return;",
    breaks: 'A reign begins with a classic quorum of promises for its own ballot.',
    needs: 'promises so late that their receiver prepares another reign',
  },
  {
    name: 'recovery-without-quorum',
    file: 'lib/consensus/recovery.ts',
    from: 'if (inquiry.answers.size < view.classicQuorum) return null;',
    to: 'if (inquiry.answers.size === 0) return null;',
    breaks: 'An instance is recovered with a classic quorum of answers.',
    needs: 'a fast reign of four or more',
  },
];
