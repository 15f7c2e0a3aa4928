import type { BallotKind } from '../model/ballot.js';
import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import type { Shared } from './shared.js';

/** The kind of reign that a coordinator opens; `adaptive` depends on how many processes propose. */
export type Mode = BallotKind | 'adaptive';

/**
 * Chooses the kind of reign. A fast reign is better if one process proposes and another coordinates: two message delays instead
 * of three. A coordinator that proposes itself has two in a classic reign as well, with a smaller quorum; several proposers
 * collide in a fast one. The reason for a change must last some time before the kind changes, because a change costs a phase 1.
 */
export class ModeChooser {
  readonly #mode: Mode;
  readonly #shared: Pick<Shared, 'self' | 'settings' | 'roundTrips'>;
  readonly #lastProposal = new Map<ProcessId, number>();
  #now = 0;
  #wishedTicks = 0;

  constructor(mode: Mode, shared: Pick<Shared, 'self' | 'settings' | 'roundTrips'>) {
    this.#shared = shared;
    this.#mode = mode;
  }

  /** The kind of the first reign, when no proposals are known yet. */
  get initial(): BallotKind {
    return this.#mode === 'fast' ? 'fast' : 'classic';
  }

  proposed(by: ProcessId): void {
    if (this.#mode !== 'adaptive') return;
    if (this.#lastProposal.size >= constants.proposersMax && !this.#lastProposal.has(by)) this.#lastProposal.clear();
    this.#lastProposal.set(by, this.#now);
  }

  /** Returns the kind of reign to change to, null to stay. `reachable` is how many members answer. */
  tick(current: BallotKind, reachable: number, view: View): BallotKind | null {
    this.#now += 1;
    if (this.#mode !== 'adaptive') return current === this.#mode ? null : this.#mode;
    const wish = this.#wish(current, reachable, view);
    this.#wishedTicks = wish === current ? 0 : this.#wishedTicks + 1;
    if (this.#wishedTicks < this.#patienceTicks) return null;
    this.#wishedTicks = 0;
    return wish;
  }

  /** A caller that waits for each of its operations proposes no oftener than these are decided. */
  get #patienceTicks(): number {
    const { settings, roundTrips } = this.#shared;
    return settings.modeTicks + roundTrips.toDecision;
  }

  #wish(current: BallotKind, reachable: number, view: View): BallotKind {
    if (reachable < view.fastQuorum) return 'classic';
    let active = 0;
    let isSelfActive = false;
    for (const [process, at] of this.#lastProposal) {
      if (this.#now - at > this.#patienceTicks) {
        this.#lastProposal.delete(process);
        continue;
      }
      active += 1;
      if (process === this.#shared.self) isSelfActive = true;
    }
    if (active === 0) return current;
    return active === 1 && !isSelfActive ? 'fast' : 'classic';
  }
}
