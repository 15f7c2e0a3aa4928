import type { Ballot } from '../../model/ballot.js';
import type { WireMessage } from '../../paxos/wire/routes.js';
import type { Agreement, Tally } from './agreement.js';
import type { Monotonicity, OnDisk } from './monotonicity.js';
import { isBelow, show } from './votes.js';

type Report = (text: string) => void;

/**
 * Phase 2 rests on phase 1: a coordinator asks for votes only when a majority has promised its ballot, and only for a
 * batch that is safe: no other has been chosen in a lower ballot, or ever can be (The Part-Time Parliament, section 2.3,
 * conditions B2 and B3; Fast Paxos, section 2.1, the property CP).
 */
export class Phases {
  readonly #disks: Monotonicity;
  readonly #agreement: Agreement;
  readonly #report: Report;

  constructor(disks: Monotonicity, agreement: Agreement, report: Report) {
    this.#disks = disks;
    this.#agreement = agreement;
    this.#report = report;
  }

  says(name: string, message: WireMessage): void {
    if (message.kind !== 'accept' && message.kind !== 'any') return;
    const { ballot } = message;
    if (message.kind === 'any') {
      this.#checkPromises(name, message.from, ballot);
      return;
    }
    for (const { instance, id } of message.items) {
      this.#checkPromises(name, instance, ballot);
      const rival = this.#rivalOf(instance, ballot, id);
      if (rival !== null) this.#report(`${name} proposes ${id} at ${instance} in ${show(ballot)}, where ${rival}`);
    }
  }

  /** A majority of those that vote at the instance hold a promise of the ballot's reign or of a higher one. */
  #checkPromises(name: string, instance: number, ballot: Ballot): void {
    const { electorate } = this.#agreement;
    const first = { ...ballot, step: 0 } as const;
    const promising = [...this.#disks.disks].filter(([, { promise }]) => !isBelow(promise, first));
    const promises = electorate.among(
      instance,
      promising.map(([label]) => label),
    ).length;
    if (promises < electorate.majorityAt(instance))
      this.#report(`${name} acts in ${show(ballot)} at ${instance} with ${promises} promises`);
  }

  /** Another batch that has been chosen in a lower ballot, or that can be for all that is on the disks. */
  #rivalOf(instance: number, ballot: Ballot, id: string): string | null {
    const chosen = this.#agreement.chosenBelow(instance, ballot);
    if (chosen !== undefined) return chosen === id ? null : `${chosen} has been chosen before`;
    for (const tally of this.#agreement.talliesAt(instance)) {
      if (tally.id === id || !isBelow(tally.ballot, ballot)) continue;
      if (this.#mayBeChosen(instance, tally)) return `${tally.id} may yet be chosen in ${show(tally.ballot)}`;
    }
    return null;
  }

  #mayBeChosen(instance: number, { ballot, voters }: Tally): boolean {
    const { electorate } = this.#agreement;
    const free = [...this.#disks.disks].filter(([name, disk]) => voters.has(name) || mayVote(disk, instance, ballot));
    const votes = electorate.among(instance, new Set([...voters, ...free.map(([name]) => name)])).length;
    return votes >= electorate.quorumAt(instance, ballot);
  }
}

/** Whether the disk leaves its process free to vote in this ballot. */
function mayVote({ promise, entries }: OnDisk, instance: number, ballot: Ballot): boolean {
  if (isBelow(ballot, promise)) return false;
  const entry = entries.get(instance);
  if (entry === undefined) return true;
  return !isBelow(ballot, entry.promised) && (entry.vote === null || isBelow(entry.vote.ballot, ballot));
}
