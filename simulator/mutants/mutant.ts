import type { ProfileName } from '../../lib/simulation/profiles.js';

/**
 * Mutants: the protocol with one rule broken in each. The simulator has to catch every one of them, which shows that its
 * faults reach the rule and its checkers see the breach. A mutant is a change of one statement, made in a copy of the
 * build; the sources know nothing of it.
 */
export interface Mutant {
  readonly name: string;
  /** The source to be changed, from the root of the tree. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** The rule of docs/protocol.md that it breaks. */
  readonly breaks: string;
  /** The conditions that it needs to show, beyond processes that propose, lose messages, crash and restart. */
  readonly needs?: string;
  /** Where it shows soonest, if not soon in all profiles in turn. */
  readonly profile?: ProfileName;
}
