import type { LedgerRecord } from '../../model/records.js';
import type { OneOrder } from './one-order.js';

type Report = (text: string) => void;

interface Known {
  readonly name: string;
  readonly digest: string;
}

/**
 * Equal checkpoints: a process that starts from one continues at the position that the order has there, and all that are made
 * at the same instance hold the same bytes.
 */
export class EqualCheckpoints {
  readonly #order: OneOrder;
  readonly #report: Report;
  readonly #byInstance = new Map<number, Known>();

  constructor(order: OneOrder, report: Report) {
    this.#order = order;
    this.#report = report;
  }

  durable(name: string, records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind !== 'checkpoint') continue;
      const { next, position, digest } = record.checkpoint;
      const place = this.#order.placeOf(next);
      if (place !== position)
        this.#report(
          `the checkpoint of ${name} at ${next} is at position ${position}, and ${String(place)} messages come before`,
        );
      const known = this.#byInstance.get(next);
      if (known === undefined) this.#byInstance.set(next, { name, digest });
      else if (known.digest !== digest) this.#report(`the checkpoints of ${known.name} and ${name} at ${next} differ`);
    }
  }
}
