import { inspect } from 'node:util';

import type { StateMachine } from '../../machine/state-machine.js';
import { silence } from '../../machine/thenables.js';

type Report = (text: string) => void;

/**
 * The invariants of every state, each under its sentence. One that does not hold gives false, or words that say what is
 * wrong.
 */
export type Invariants<S extends StateMachine> = Readonly<Record<string, (state: S) => boolean | string>>;

/** The invariants that the application states of its own states. */
export class ApplicationInvariants<S extends StateMachine> {
  readonly #invariants: readonly [string, (state: S) => boolean | string][];
  readonly #report: Report;

  constructor(invariants: Invariants<S>, report: Report) {
    this.#invariants = Object.entries(invariants);
    this.#report = report;
  }

  executed(name: string, position: number, state: S): void {
    for (const [what, holds] of this.#invariants) {
      const verdict = verdictOf(holds, state);
      if (verdict === true) continue;
      this.#report(
        `after ${position} operations at ${name}, "${what}" does not hold${verdict === false ? '' : `: ${verdict}`}`,
      );
    }
  }
}

/** An invariant that throws has not foreseen the state: it is as good as one that does not hold. */
function verdictOf<S>(holds: (state: S) => boolean | string, state: S): boolean | string {
  try {
    const verdict: unknown = holds(state);
    if (typeof verdict === 'boolean' || typeof verdict === 'string') return verdict;
    // A promise, say, would hold whatever it comes to.
    silence(verdict);
    return `it returns ${inspect(verdict, { depth: 0 })}, which is neither a boolean nor words`;
  } catch (error) {
    return `it throws ${inspect(error)}`;
  }
}
