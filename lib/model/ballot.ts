import type { ProcessId } from './ids.js';

export type BallotKind = 'fast' | 'classic';

/**
 * A numbered attempt at choosing, totally ordered by (reign, coordinator, step). Step 0 is fast and step 1 is classic,
 * so that a ballot's kind is fixed by its number (Fast Paxos, section 2.2), and a collision in a fast ballot is
 * recovered in the classic ballot directly above it: no other coordinator's ballot lies between the two.
 */
export interface Ballot {
  readonly reign: number;
  readonly coordinator: ProcessId;
  readonly step: 0 | 1;
}

/** Below every real ballot: what an acceptor has promised before it has promised anything. */
export const NO_BALLOT: Ballot = { reign: 0, coordinator: '' as ProcessId, step: 0 };

export function ballotOf(reign: number, coordinator: ProcessId, kind: BallotKind): Ballot {
  return { reign, coordinator, step: kind === 'fast' ? 0 : 1 };
}

export function kindOf(ballot: Ballot): BallotKind {
  return ballot.step === 0 ? 'fast' : 'classic';
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.reign !== b.reign) return a.reign - b.reign;
  if (a.coordinator !== b.coordinator) return a.coordinator < b.coordinator ? -1 : 1;
  return a.step - b.step;
}

export function sameBallot(a: Ballot, b: Ballot): boolean {
  return compareBallots(a, b) === 0;
}

/** Whether both ballots belong to one reign of one coordinator. */
export function sameReign(a: Ballot, b: Ballot): boolean {
  return a.reign === b.reign && a.coordinator === b.coordinator;
}

/** The classic ballot of the same reign, in which forced values and collided instances are chosen. */
export function classicStepOf(ballot: Ballot): Ballot {
  return ballot.step === 1 ? ballot : { reign: ballot.reign, coordinator: ballot.coordinator, step: 1 };
}

export function showBallot(ballot: Ballot): string {
  return `${String(ballot.reign)}.${ballot.coordinator.slice(0, 6)}.${kindOf(ballot)}`;
}
