import { compareBallots, kindOf, sameBallot, type Ballot } from '../model/ballot.js';
import { NO_OP_ID, type BatchId } from '../model/batch.js';
import type { View } from '../model/view.js';
import type { ReportedVote } from './messages.js';

/**
 * Whether a value with `votes` votes in ballot `k` may already have been chosen there, as far as the `answered` members
 * can tell: every silent member may have voted for it (Fast Paxos, section 2.2, observation O4).
 */
export function mayBeChosen(votes: number, answered: number, k: Ballot, view: View): boolean {
  return votes + (view.size - answered) >= view.quorum(kindOf(k));
}

/**
 * The value that a coordinator must propose at one instance, given what each member of at least a classic quorum has
 * last voted for there, or null (Fast Paxos, section 2.2, figure 2). Where several values are allowed it is the one
 * with most votes; where none has been voted for, the no-op.
 */
export function pick(answers: readonly (ReportedVote | null)[], view: View): BatchId {
  let highest: Ballot | null = null;
  for (const answer of answers) {
    if (answer !== null && (highest === null || compareBallots(answer.ballot, highest) > 0)) highest = answer.ballot;
  }
  if (highest === null) return NO_OP_ID;
  const k = highest;
  const inHighest = count(answers, (vote) => sameBallot(vote.ballot, k));
  for (const [id, votes] of inHighest) {
    // A value that k alone carried may have been chosen below k, whatever the members that answered say of k itself.
    if (inHighest.size === 1 || mayBeChosen(votes, answers.length, k, view)) return id;
  }
  return mostVoted(count(answers, () => true));
}

function count(
  answers: readonly (ReportedVote | null)[],
  counts: (vote: ReportedVote) => boolean,
): Map<BatchId, number> {
  const votes = new Map<BatchId, number>();
  for (const answer of answers) {
    if (answer !== null && counts(answer)) votes.set(answer.id, (votes.get(answer.id) ?? 0) + 1);
  }
  return votes;
}

/** Ties go to the smaller id, so that every coordinator picks alike. */
function mostVoted(votes: ReadonlyMap<BatchId, number>): BatchId {
  let best = NO_OP_ID;
  let most = 0;
  for (const [id, n] of votes) {
    if (n > most || (n === most && id < best)) {
      best = id;
      most = n;
    }
  }
  return best;
}
