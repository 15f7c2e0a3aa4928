import type { ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import type { Shared } from './shared.js';

/**
 * The members that answer the coordinator's heartbeats: it resigns when a majority does not, and opens a fast reign
 * only if enough do.
 */
export class Reachability {
  readonly #shared: Pick<Shared, 'settings' | 'roundTrips'>;
  readonly #lastHeard = new Map<ProcessId, number>();
  #now = 0;

  constructor(shared: Pick<Shared, 'settings' | 'roundTrips'>) {
    this.#shared = shared;
  }

  /** A reign begins: every member counts as reachable at first. */
  begin(view: View): void {
    for (const member of view.members) this.#lastHeard.set(member, this.#now);
  }

  heard(from: ProcessId): void {
    this.#lastHeard.set(from, this.#now);
  }

  tick(): void {
    this.#now += 1;
  }

  /** How many members have answered lately, `self` included. */
  count(view: View, self: ProcessId): number {
    const { settings, roundTrips } = this.#shared;
    return view.members.filter((member) => {
      const silentTicks = this.#now - (this.#lastHeard.get(member) ?? -Infinity);
      return member === self || silentTicks <= settings.silenceTicks + roundTrips.to(member);
    }).length;
  }
}
