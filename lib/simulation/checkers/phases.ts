import type { Ballot } from '../../model/ballot.js';
import type { WireMessage } from '../../paxos/wire/routes.js';
import type { Agreement, Tally } from './agreement.js';
import type { Monotonicity, OnDisk } from './monotonicity.js';
import { isBelow, majorityOf, quorumOf, show } from './votes.js';

type Report = (text: string) => void;

/**
 * Phase 2 rests on phase 1: a coordinator asks for votes only when a majority has promised its ballot, and only for a
 * batch that is safe: no other has been chosen in a lower ballot, or ever can be (The Part-Time Parliament, section 2.3,
 * conditions B2 and B3; Fast Paxos, section 2.1, the property CP).
 */
export class Phases {
  readonly #n: number;
  readonly #disks: Monotonicity;
  readonly #agreement: Agreement;
  readonly #report: Report;

  constructor(n: number, disks: Monotonicity, agreement: Agreement, report: Report) {
    this.#n = n;
    this.#disks = disks;
    this.#agreement = agreement;
    this.#report = report;
  }

  says(name: string, message: WireMessage): void {
    if (message.kind !== 'accept' && message.kind !== 'any') return;
    const { ballot } = message;
    const promises = this.#promisesOf(ballot);
    if (promises < majorityOf(this.#n)) this.#report(`${name} acts in ${show(ballot)} with ${promises} promises`);
    if (message.kind === 'any') return;
    for (const { instance, id } of message.items) {
      const rival = this.#rivalOf(instance, ballot, id);
      if (rival !== null) this.#report(`${name} proposes ${id} at ${instance} in ${show(ballot)}, where ${rival}`);
    }
  }

  /** Disks that hold a promise of the ballot's reign or of a higher one. */
  #promisesOf({ reign, coordinator }: Ballot): number {
    const first = { reign, coordinator, step: 0 } as const;
    return [...this.#disks.disks.values()].filter(({ promise }) => !isBelow(promise, first)).length;
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
    let votes = voters.size;
    for (const [name, disk] of this.#disks.disks) if (!voters.has(name) && mayVote(disk, instance, ballot)) votes += 1;
    return votes >= quorumOf(this.#n, ballot);
  }
}

/** Whether the disk leaves its process free to vote in this ballot. */
function mayVote({ promise, entries }: OnDisk, instance: number, ballot: Ballot): boolean {
  if (isBelow(ballot, promise)) return false;
  const entry = entries.get(instance);
  if (entry === undefined) return true;
  return !isBelow(ballot, entry.promised) && (entry.vote === null || isBelow(entry.vote.ballot, ballot));
}
