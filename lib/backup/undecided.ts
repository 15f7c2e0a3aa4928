/**
 * What becomes of the instances that no ledger of a lost group knows to be decided: a phase 1 whose promises are the ledgers that are
 * left; see "Quorums lost for good" in docs/protocol.md.
 */
import { Views } from '../consensus/membership/views.js';
import type { ReportedVote } from '../consensus/messages.js';
import { mayBeChosen, pick } from '../consensus/picking.js';
import { compareBallots, sameBallot } from '../model/ballot.js';
import { type Batch, type BatchId, isOfView, NO_OP, NO_OP_ID } from '../model/batch.js';
import { after, type Instance, laterOf, type ProcessId } from '../model/ids.js';
import type { LedgerSnapshot, Vote } from '../model/records.js';
import type { View } from '../model/view.js';
import { unpackChange, viewAfter } from '../sequence/view-change.js';

/** A ledger that is left of a group. */
export interface Survivor {
  readonly process: ProcessId;
  /** False where the process has cast votes that this ledger does not have: then it counts as silent. */
  readonly hasAllVotes: boolean;
  readonly past: Pick<LedgerSnapshot, 'watermark' | 'entries' | 'views' | 'group' | 'borderInstances'>;
}

/** A view that governs undecided instances, and how much of it is left. */
export interface Electorate {
  readonly number: number;
  /** The first instance that it governs. */
  readonly from: Instance;
  readonly members: readonly ProcessId[];
  /** Its members whose ledgers are here with all their votes. */
  readonly heard: readonly ProcessId[];
  /** Whether the members that are not heard are enough to have chosen what nobody else has seen. */
  readonly mayHideChoices: boolean;
}

/** The end of the sequence, as far as the ledgers show it. */
export interface Ending {
  /** Everything below is decided. */
  readonly from: Instance;
  /** The values at `from` and the instances after it. */
  readonly batches: readonly Batch[];
  /** Ascending. */
  readonly electorates: readonly Electorate[];
  /** Instances where each of several values may have been chosen, and one of them was taken. */
  readonly ambiguous: readonly Instance[];
  /** Votes of ledgers that lack others for what was not taken, although it may have been chosen. */
  readonly passedOver: readonly PassedOver[];
}

/** A vote for another value than the one taken, in no lower a ballot. */
export interface PassedOver {
  readonly instance: Instance;
  readonly process: ProcessId;
}

/** Whether everything that the group can have acknowledged is in what is left. */
export function isComplete({ electorates, ambiguous }: Ending): boolean {
  return ambiguous.length === 0 && !electorates.some(({ mayHideChoices }) => mayHideChoices);
}

/** The end of a group's sequence, from all ledgers that are left: at least one, all of this group. */
export function endingOf(survivors: readonly Survivor[]): Ending {
  const furthest = survivors.reduce((a, b) => (b.past.watermark > a.past.watermark ? b : a));
  const { watermark: from } = furthest.past;
  // The ledger with the highest watermark has all views that any of them has: those decided below it.
  const views = new Views(furthest.past, { first: from });
  const answers = survivors.map((survivor) => new Answer(survivor));
  const batches: Batch[] = [];
  const ambiguous: Instance[] = [];
  const passedOver: PassedOver[] = [];
  const end = answers.reduce((highest, { end }) => laterOf(highest, end), from);
  for (let instance = from; instance < end; instance = after(instance)) {
    const view = views.governing(instance);
    const { id, isAmbiguous } = valueAt(instance, view, answers);
    const batch = bodyOf(id, instance, answers);
    batches.push(batch);
    if (isAmbiguous) ambiguous.push(instance);
    passedOver.push(...passedOverAt(instance, view, answers, id));
    if (isOfView(id)) applyChange(batch, instance, views);
  }
  const electorates = electoratesOf(views, from, survivors);
  return { from, batches: withoutNoOpsBehind(batches), electorates, ambiguous, passedOver };
}

/** The votes of one ledger. */
class Answer {
  readonly process: ProcessId;
  readonly hasAllVotes: boolean;
  /** Behind its last vote. */
  readonly end: Instance;
  readonly #votes: ReadonlyMap<Instance, Vote>;

  constructor({ process, hasAllVotes, past }: Survivor) {
    this.process = process;
    this.hasAllVotes = hasAllVotes;
    this.#votes = new Map(past.entries.flatMap(({ instance, vote }) => (vote === null ? [] : [[instance, vote]])));
    this.end = [...this.#votes.keys()].reduce((highest, instance) => laterOf(highest, after(instance)), past.watermark);
  }

  voteAt(instance: Instance): Vote | null {
    return this.#votes.get(instance) ?? null;
  }
}

/** Only members of the view that governs an instance vote there. */
function valueAt(
  instance: Instance,
  view: View,
  all: readonly Answer[],
): { readonly id: BatchId; readonly isAmbiguous: boolean } {
  const members = all.filter(({ process }) => view.has(process));
  const heard = reportsOf(members, instance, true);
  const candidates = candidatesIn(heard, view);
  const [first] = candidates;
  if (candidates.length > 1 && first !== undefined) return { id: first, isAmbiguous: true };
  if (heard.some((report) => report !== null)) return { id: pick(heard, view), isAmbiguous: false };
  // Free, as far as the ledgers with all votes tell: a vote that another one has may still have been one of a choice.
  return { id: latestOf(reportsOf(members, instance, false))?.id ?? NO_OP_ID, isAmbiguous: false };
}

/**
 * Votes of ledgers that lack others, for other values than `taken` and in no lower a ballot than all votes for that. Together with those of
 * the missing members, if these are a quorum, they may have chosen. In a lower ballot they have not, as `taken` was proposed later.
 */
function passedOverAt(instance: Instance, view: View, all: readonly Answer[], taken: BatchId): PassedOver[] {
  const members = all.filter(({ process }) => view.has(process));
  if (!mayHideChoices(view, members.filter(({ hasAllVotes }) => hasAllVotes).length)) return [];
  const reports = [...reportsOf(members, instance, true), ...reportsOf(members, instance, false)];
  const highest = latestOf(reports.filter((report) => report?.id === taken));
  return members.flatMap((answer) => {
    const vote = answer.hasAllVotes ? null : answer.voteAt(instance);
    if (vote === null || vote.batch.id === taken) return [];
    const isLower = highest !== null && compareBallots(vote.ballot, highest.ballot) < 0;
    return isLower ? [] : [{ instance, process: answer.process }];
  });
}

function reportsOf(answers: readonly Answer[], instance: Instance, hasAllVotes: boolean): (ReportedVote | null)[] {
  return answers
    .filter((answer) => answer.hasAllVotes === hasAllVotes)
    .map((answer) => {
      const vote = answer.voteAt(instance);
      return vote === null ? null : { instance, ballot: vote.ballot, id: vote.batch.id };
    });
}

/** The values that may have been chosen in the highest ballot voted in, those with most votes first: of a classic quorum at most one. */
function candidatesIn(heard: readonly (ReportedVote | null)[], view: View): BatchId[] {
  const highest = latestOf(heard);
  if (highest === null) return [];
  const votes = new Map<BatchId, number>();
  for (const report of heard) {
    if (report !== null && sameBallot(report.ballot, highest.ballot))
      votes.set(report.id, (votes.get(report.id) ?? 0) + 1);
  }
  return [...votes]
    .filter(([, count]) => mayBeChosen(count, heard.length, highest.ballot, view))
    .sort(([a, some], [b, others]) => others - some || (a < b ? -1 : 1))
    .map(([id]) => id);
}

/** Null where there is none. */
function latestOf(reports: readonly (ReportedVote | null)[]): ReportedVote | null {
  return reports.reduce((a, b) => (a === null || (b !== null && compareBallots(b.ballot, a.ballot) > 0) ? b : a), null);
}

function bodyOf(id: BatchId, instance: Instance, answers: readonly Answer[]): Batch {
  for (const answer of answers) {
    const batch = answer.voteAt(instance)?.batch;
    if (batch?.id === id) return batch;
  }
  return NO_OP;
}

/** Nothing is voted for beyond its border here; but others may have, and so the members of the new view are asked too. */
function applyChange({ body }: Batch, instance: Instance, views: Views): void {
  const change = unpackChange(body);
  const { latest: view, latestFrom: from, borderInstances } = views;
  const made = change === null ? null : viewAfter(change, instance, { view, from }, borderInstances);
  if (made !== null) views.add(made);
}

function electoratesOf(views: Views, from: Instance, survivors: readonly Survivor[]): Electorate[] {
  const governing = views.records.filter(({ view, from: first }) => first >= from || view === views.governing(from));
  return governing.map(({ view, from: first }) => {
    const heard = survivors
      .filter(({ process, hasAllVotes }) => hasAllVotes && view.has(process))
      .map(({ process }) => process);
    const { number, members } = view;
    return { number, from: first, members, heard, mayHideChoices: mayHideChoices(view, heard.length) };
  });
}

/** Whether the members that are not heard are a quorum. */
function mayHideChoices(view: View, heard: number): boolean {
  return view.size - heard >= view.classicQuorum;
}

function withoutNoOpsBehind(batches: readonly Batch[]): readonly Batch[] {
  return batches.slice(0, batches.findLastIndex(({ id }) => id !== NO_OP_ID) + 1);
}
