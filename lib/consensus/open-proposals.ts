import { assert } from '../model/assert.js';
import { type Ballot, classicStepOf } from '../model/ballot.js';
import type { BatchId } from '../model/batch.js';
import type { Instance } from '../model/ids.js';
import type { Shared } from './shared.js';

interface Open {
  readonly id: BatchId;
  ticks: number;
  wait: number;
}

/** The proposals of the coordinator in this reign, in the reign's classic step, that are not yet decided: they are repeated. */
export class OpenProposals {
  readonly #shared: Pick<Shared, 'settings' | 'outbox' | 'roundTrips'>;
  readonly #open = new Map<Instance, Open>();

  constructor(shared: Pick<Shared, 'settings' | 'outbox' | 'roundTrips'>) {
    this.#shared = shared;
  }

  has(instance: Instance): boolean {
    return this.#open.has(instance);
  }

  /** The batch that is proposed at the instance and not yet decided. */
  idAt(instance: Instance): BatchId | undefined {
    return this.#open.get(instance)?.id;
  }

  /** Phase 2a in the classic step of the reign of `ballot`. Returns false if the very same is open there already. */
  propose(ballot: Ballot, instance: Instance, id: BatchId): boolean {
    const known = this.#open.get(instance);
    assert(known === undefined || known.id === id, 'a coordinator proposes one value at an instance', {
      instance,
      first: known?.id,
      second: id,
    });
    if (known !== undefined) return false;
    this.#open.set(instance, { id, ticks: 0, wait: this.#shared.settings.retryTicks });
    this.#shared.outbox.accept(classicStepOf(ballot), { instance, id });
    return true;
  }

  decided(instance: Instance): void {
    this.#open.delete(instance);
  }

  tick(ballot: Ballot): void {
    for (const [instance, open] of this.#open) this.#retry(ballot, instance, open);
  }

  clear(): void {
    this.#open.clear();
  }

  #retry(ballot: Ballot, instance: Instance, open: Open): void {
    const { settings, outbox, roundTrips } = this.#shared;
    open.ticks += 1;
    if (open.ticks < open.wait + roundTrips.toQuorum) return;
    open.ticks = 0;
    open.wait = Math.min(2 * open.wait, settings.retryTicksMax);
    outbox.accept(classicStepOf(ballot), { instance, id: open.id });
  }
}
