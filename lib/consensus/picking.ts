import { type Ballot, compareBallots, kindOf, sameBallot } from '../model/ballot.js';
import { type BatchId, NO_OP_ID } from '../model/batch.js';
import type { Instance } from '../model/ids.js';
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
 * last voted for there, or null (Fast Paxos, section 2.2, figure 2). Where several values are allowed it is one of those
 * with most votes, which have their turns as instances go by, so that no proposer loses every collision. Where none has
 * been voted for, it is the no-op.
 */
export function pick(answers: readonly (ReportedVote | null)[], view: View): BatchId {
  let highest: ReportedVote | null = null;
  for (const answer of answers) {
    if (answer !== null && (highest === null || compareBallots(answer.ballot, highest.ballot) > 0)) highest = answer;
  }
  if (highest === null) return NO_OP_ID;
  const { ballot: k, instance } = highest;
  const inHighest = count(answers, (vote) => sameBallot(vote.ballot, k));
  for (const [id, votes] of inHighest) {
    // A value that k alone carried may have been chosen below k, whatever the members that answered say of k itself.
    if (inHighest.size === 1 || mayBeChosen(votes, answers.length, k, view)) return id;
  }
  const votes = count(answers, () => true);
  const most = Math.max(...votes.values());
  const free = [...votes.keys()].filter((id) => votes.get(id) === most).sort();
  return free[scatter(instance) % free.length] ?? NO_OP_ID;
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

/** Multiplicative hashing: turns must not keep time with the rhythm in which proposers meet. */
function scatter(instance: Instance): number {
  return Math.imul(instance, 0x9e3779b1) >>> 16;
}
