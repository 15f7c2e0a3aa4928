import type { Ballot } from '../../model/ballot.js';
import type { LedgerRecord, LogEntry, Vote } from '../../model/records.js';
import { Electorate } from './electorate.js';
import { isBelow, readCommit, show } from './votes.js';

type Report = (text: string) => void;

/** The members that have voted for one batch in one ballot. */
export interface Tally {
  readonly ballot: Ballot;
  readonly id: string;
  readonly voters: Set<string>;
}

/** Tallies this far below the first undecided instance are dropped. */
const TALLIES_KEPT = 2_000;

/**
 * Agreement: at every instance at most one batch is ever chosen, and what a process takes for decided has been chosen.
 * Counts the votes on all disks, by member and ballot, as nobody in the group can.
 */
export class Agreement {
  /** Which processes vote at which instance, as follows from what is chosen. */
  readonly electorate: Electorate;
  readonly #report: Report;
  readonly #chosen: (string | undefined)[] = [];
  /** The ballot in which it was first seen that the instance's batch is chosen. */
  readonly #ballots: (Ballot | undefined)[] = [];
  readonly #bodies = new Map<string, Uint8Array>();
  /** By instance, then by ballot and batch. */
  readonly #tallies = new Map<number, Map<string, Tally>>();
  /** Below it, something has been chosen at every instance. */
  #front = 0;

  constructor(n: number, report: Report) {
    this.electorate = new Electorate(n);
    this.#report = report;
  }

  /** The first instance at which nothing has been chosen yet. */
  get front(): number {
    return this.#front;
  }

  /** The id of the batch chosen at an instance. */
  chosenAt(instance: number): string | undefined {
    return this.#chosen[instance];
  }

  /** The same where it was chosen in a ballot below this one. */
  chosenBelow(instance: number, ballot: Ballot): string | undefined {
    const chosenIn = this.#ballots[instance];
    return chosenIn !== undefined && isBelow(chosenIn, ballot) ? this.#chosen[instance] : undefined;
  }

  /** All votes that have ever been cast at an instance, unless it was decided long ago. */
  talliesAt(instance: number): Iterable<Tally> {
    return this.#tallies.get(instance)?.values() ?? [];
  }

  bodyOf(id: string): Uint8Array | undefined {
    return this.#bodies.get(id);
  }

  durable(name: string, records: readonly LedgerRecord[]): void {
    this.electorate.durable(name, records);
    const { votes, decisions } = readCommit(records);
    for (const { instance, vote } of votes) if (vote !== null) this.#count(name, instance, vote);
    for (const entry of decisions) this.#holds(name, entry);
    for (const record of records) {
      if (record.kind === 'repair') this.#holds(name, record.entry);
      else if (record.kind === 'watermark' && record.watermark > this.#front)
        this.#report(
          `${name} takes everything below ${record.watermark} for decided, and at ${this.#front} nothing is`,
        );
    }
  }

  #count(name: string, instance: number, { ballot, batch }: Vote): void {
    this.#learn(batch);
    let tallies = this.#tallies.get(instance);
    if (tallies === undefined) {
      tallies = new Map();
      this.#tallies.set(instance, tallies);
    }
    const key = `${ballot.reign}.${ballot.coordinator}.${ballot.step} ${batch.id}`;
    let tally = tallies.get(key);
    if (tally === undefined) {
      tally = { ballot, id: batch.id, voters: new Set() };
      tallies.set(key, tally);
    }
    if (this.electorate.among(instance, [name]).length === 0)
      this.#report(`${name} votes at ${instance}, where it is no member`);
    tally.voters.add(name);
    if (tally.voters.size < this.electorate.quorumAt(instance, ballot)) return;
    const chosen = this.#chosen[instance];
    if (chosen === undefined) this.#choose(instance, ballot, batch.id);
    else if (chosen !== batch.id)
      this.#report(`at ${instance} both ${nameOf(chosen)} and, in ${show(ballot)}, ${nameOf(batch.id)} are chosen`);
  }

  #choose(instance: number, ballot: Ballot, id: string): void {
    this.#chosen[instance] = id;
    this.#ballots[instance] = ballot;
    while (this.#chosen[this.#front] !== undefined) {
      const front = this.#chosen[this.#front] ?? '';
      this.electorate.chosen(this.#front, front, this.#bodies.get(front));
      this.#tallies.delete(this.#front - TALLIES_KEPT);
      this.#front += 1;
    }
  }

  #holds(name: string, { instance, vote }: LogEntry): void {
    if (vote === null) {
      this.#report(`${name} holds nothing at ${instance}, which it takes for decided`);
      return;
    }
    this.#learn(vote.batch);
    const chosen = this.#chosen[instance];
    if (chosen === vote.batch.id) return;
    const what = chosen === undefined ? 'nothing has' : `${nameOf(chosen)} has`;
    this.#report(`${name} takes ${nameOf(vote.batch.id)} for decided at ${instance}, where ${what} been chosen`);
  }

  /** A batch is also stored without its body, where it is known to repeat an earlier one. */
  #learn({ id, body }: { readonly id: string; readonly body: Uint8Array }): void {
    if (body.length === 0) return;
    this.electorate.proposed(id, body);
    const known = this.#bodies.get(id);
    if (known === undefined) this.#bodies.set(id, body);
    else if (known !== body && Buffer.compare(known, body) !== 0)
      this.#report(`${nameOf(id)} is two different batches`);
  }
}

export function nameOf(batchId: string): string {
  return batchId === '' ? 'the no-op' : batchId;
}
