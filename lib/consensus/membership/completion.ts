import type { Instance, ProcessId } from '../../model/ids.js';
import type { Outbox } from '../outbox.js';
import type { Views } from './views.js';

/**
 * Which view is complete: a classic quorum of its members, or of those of a later view, holds everything below the first
 * instance that it governs, durably. From then on no member of an earlier view is needed: every quorum that can be asked for has
 * a member that knows everything the earlier views have decided. The coordinator counts, as it alone hears all members, and tells
 * it in its heartbeats. A view once complete stays so: no member forgets what it holds under its id.
 */
export class Completion {
  readonly #views: Views;
  readonly #outbox: Outbox;
  /** The first instance below which each process has said that its ledger holds everything. */
  readonly #durable = new Map<ProcessId, Instance>();
  #number = 0;

  constructor(views: Views, outbox: Outbox) {
    this.#views = views;
    this.#outbox = outbox;
  }

  /** The number of the latest view that is known to be complete. */
  get number(): number {
    return this.#number;
  }

  heard(from: ProcessId, durable: Instance): void {
    this.#durable.set(from, durable);
  }

  /** The coordinator tells that the view of this number is complete. */
  told(number: number): void {
    if (number <= this.#number) return;
    this.#number = number;
    for (const process of this.#durable.keys()) if (!this.#views.isMember(process)) this.#durable.delete(process);
    this.#outbox.notice({ kind: 'view-complete', number });
  }

  /** Counts what has been heard. A later view says more: its quorum holds everything below a later instance. */
  judge(self: ProcessId, durable: Instance): void {
    if (this.#number === this.#views.latest.number) return;
    this.heard(self, durable);
    for (const { view, from } of [...this.#views.records].reverse()) {
      if (view.number <= this.#number) return;
      const holders = view.members.filter((member) => (this.#durable.get(member) ?? -1) >= from);
      if (holders.length < view.classicQuorum) continue;
      this.told(view.number);
      return;
    }
  }
}
