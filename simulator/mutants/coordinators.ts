import type { Mutant } from './mutant.js';

/** A coordinator picks a value that may have been chosen, and proposes nothing at a decided instance. */
export const coordinators: readonly Mutant[] = [
  {
    name: 'picking-ignores-fast-quorums',
    file: 'lib/consensus/picking.ts',
    from: 'return votes + (view.size - answered) >= view.quorum(kindOf(k));',
    to: 'return votes + (view.size - answered) >= view.classicQuorum;',
    breaks: "A value may have been chosen if its voters and the silent members make a quorum of its ballot's kind.",
    needs:
      'a fast reign of five or more with collisions: of three any choice is safe then, of four both quorums are three',
    profile: 'collisions',
  },
  {
    name: 'picking-takes-the-first',
    file: 'lib/consensus/picking.ts',
    from: 'if (inHighest.size === 1 || mayBeChosen(votes, answers.length, k, view)) return id;',
    to: 'return id;',
    breaks: 'Of several values in the highest ballot, the picking rule takes the one that may have been chosen.',
    needs: 'a fast reign of four or more with collisions',
  },
  {
    name: 'picking-takes-the-lowest-ballot',
    file: 'lib/consensus/picking.ts',
    from: 'compareBallots(answer.ballot, highest.ballot) > 0',
    to: 'compareBallots(answer.ballot, highest.ballot) < 0',
    breaks: 'The highest ballot voted in counts.',
    needs: 'votes for different batches in several ballots at one instance',
    profile: 'duels',
  },
  {
    name: 'no-op-instead-of-picked',
    file: 'lib/consensus/coordinator.ts',
    from: 'for (const { instance, id } of forced.take(limit, views)) this.#propose(instance, id);',
    to: 'for (const { instance } of forced.take(limit, views)) this.#propose(instance, NO_OP_ID);',
    breaks: 'Up to the highest vote every instance gets the value that the picking rule gives.',
  },
  {
    name: 'last-vote-overlooked',
    file: 'lib/consensus/forced-values.ts',
    from: '.reduce((highest, vote) => laterOf(highest, after(vote.instance)), this.base);',
    to: '.reduce((highest, vote) => laterOf(highest, vote.instance), this.base);',
    breaks: 'A reign gives new batches instances above every one that phase 1 has met.',
  },
  {
    name: 'used-instances-given-again',
    file: 'lib/consensus/batch-order.ts',
    from: 'this.#next = end;',
    to: 'this.#next = base;',
    breaks: 'A coordinator proposes one value at an instance.',
  },
  {
    name: 'watermarks-overlooked',
    file: 'lib/consensus/forced-values.ts',
    from: 'this.base = baseOf(quorums, first);',
    to: 'this.base = first;',
    breaks: 'The coordinator proposes nothing below the highest watermark among the answers.',
    needs: 'a new coordinator that is behind a member that answers it',
  },
];
