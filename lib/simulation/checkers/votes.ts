import type { Ballot } from '../../model/ballot.js';
import type { LedgerRecord, LogEntry } from '../../model/records.js';

/**
 * The votes and decisions of a commit, as the rules read it: below the watermark that it sets, the last entry of an
 * instance is the decision there; all others are votes.
 */
export interface ReadCommit {
  readonly votes: readonly LogEntry[];
  readonly decisions: readonly LogEntry[];
}

export function readCommit(records: readonly LedgerRecord[]): ReadCommit {
  let watermark = 0;
  for (const record of records) if (record.kind === 'watermark') watermark = record.watermark;
  const votes: LogEntry[] = [];
  const decisions = new Map<number, LogEntry>();
  for (const record of records) {
    if (record.kind !== 'entry') continue;
    const { entry } = record;
    if (entry.instance >= watermark) {
      votes.push(entry);
      continue;
    }
    const earlier = decisions.get(entry.instance);
    if (earlier !== undefined) votes.push(earlier);
    decisions.set(entry.instance, entry);
  }
  return { votes, decisions: [...decisions.values()] };
}

/** A second implementation of the order of ballots, so that the product's is not checked against itself. */
export function isBelow(a: Ballot, b: Ballot): boolean {
  if (a.reign !== b.reign) return a.reign < b.reign;
  if (a.coordinator !== b.coordinator) return a.coordinator < b.coordinator;
  return a.step < b.step;
}

export function show({ reign, coordinator, step }: Ballot): string {
  return `${reign}.${coordinator.slice(0, 6)}.${step === 0 ? 'fast' : 'classic'}`;
}

/** More than half. */
export function majorityOf(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** How many votes in a ballot choose (Fast Paxos, section 2.2): in a fast one, three quarters, rounded up. */
export function quorumOf(n: number, { step }: Ballot): number {
  return step === 0 ? Math.ceil((3 * n) / 4) : majorityOf(n);
}
