import type { LedgerRecord } from '../../model/records.js';
import type { DeliveredBatch } from '../../queue/state-holder.js';
import type { Agreement } from './agreement.js';
import type { OneOrder } from './one-order.js';

type Report = (text: string) => void;

/**
 * Durability: a caller that is told an outcome can rely on it, because a majority of disks hold the operation, and no process
 * loses it.
 */
export class Durability {
  readonly #agreement: Agreement;
  readonly #order: OneOrder;
  readonly #report: Report;
  /** The batches on the disk of each member, as batch ids by instance, and the end of its checkpoint. */
  readonly #disks = new Map<string, { readonly entries: Map<number, string>; checkpointed: number }>();
  #acknowledged = 0;

  constructor(agreement: Agreement, order: OneOrder, report: Report) {
    this.#agreement = agreement;
    this.#order = order;
    this.#report = report;
  }

  durable(label: string, records: readonly LedgerRecord[]): void {
    const disk = this.#disks.get(label) ?? { entries: new Map<number, string>(), checkpointed: 0 };
    this.#disks.set(label, disk);
    for (const record of records) {
      if (record.kind === 'entry' && record.entry.vote !== null)
        disk.entries.set(record.entry.instance, record.entry.vote.batch.id);
      else if (record.kind === 'checkpoint') disk.checkpointed = record.checkpoint.next;
    }
  }

  /** A process is about to tell its callers of the operations of a batch. */
  acknowledged(name: string, { position, messages }: DeliveredBatch): void {
    this.#acknowledged = Math.max(this.#acknowledged, position + messages.length);
    const instance = this.#order.instanceOf(position);
    const id = instance === undefined ? undefined : this.#agreement.chosenAt(instance);
    if (instance === undefined || id === undefined) return;
    const { electorate } = this.#agreement;
    const holding = [...this.#disks].filter(
      ([, { entries, checkpointed }]) => instance < checkpointed || entries.get(instance) === id,
    );
    const copies = electorate.among(
      instance,
      holding.map(([label]) => label),
    ).length;
    if (copies >= electorate.majorityAt(instance)) return;
    const { size } = electorate.at(instance);
    this.#report(`${name} acknowledges position ${position} with ${copies} copies on ${size} disks`);
  }

  /** A process has caught up with the group, having executed so many operations. */
  finish(name: string, position: number): void {
    if (position >= this.#acknowledged) return;
    this.#report(`${this.#acknowledged} operations were acknowledged, and ${name} ends with ${position}`);
  }
}
