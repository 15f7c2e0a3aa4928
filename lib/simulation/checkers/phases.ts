import type { Message } from '../../consensus/messages.js';
import type { Ballot } from '../../model/ballot.js';
import type { Agreement } from './agreement.js';
import type { Monotonicity } from './monotonicity.js';
import { isBelow, majorityOf, show } from './votes.js';

type Report = (text: string) => void;

/**
 * Phase 2 rests on phase 1: a coordinator asks for votes only when a majority has promised its ballot, and never for
 * another batch than one that a lower ballot has chosen (The Part-Time Parliament, section 2.3, conditions B2 and B3).
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

  says(name: string, message: Message): void {
    if (message.kind !== 'accept' && message.kind !== 'any') return;
    const { ballot } = message;
    const promises = this.#promisesOf(ballot);
    if (promises < majorityOf(this.#n)) this.#report(`${name} acts in ${show(ballot)} with ${promises} promises`);
    if (message.kind === 'any') return;
    for (const { instance, id } of message.items) {
      const chosen = this.#agreement.chosenBelow(instance, ballot);
      if (chosen !== undefined && chosen !== id) {
        this.#report(
          `${name} proposes ${id} at ${instance} in ${show(ballot)}, where ${chosen} has been chosen before`,
        );
      }
    }
  }

  /** Disks that hold a promise of the ballot's reign or of a higher one. */
  #promisesOf({ reign, coordinator }: Ballot): number {
    return this.#disks.count(({ promise }) => !isBelow(promise, { reign, coordinator, step: 0 }));
  }
}
