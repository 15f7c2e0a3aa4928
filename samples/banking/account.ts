import { Type } from '../../lib/index.js';

/** The effect of one transaction on one account. */
export class Entry {
  constructor(
    readonly transactionId: string,
    /** The other account of a transfer. */
    readonly counterparty: string | null,
    /** Negative if the account paid. */
    readonly changeCents: number,
    /** The balance that it left. */
    readonly balanceCents: number,
    /** Milliseconds since 1970, decided. */
    readonly at: number,
  ) {}
}

/** The money of one owner. */
export class Account {
  /** Oldest first. */
  @Type(() => Entry) readonly entries: Entry[] = [];

  constructor(
    readonly id: string,
    readonly owner: string,
  ) {}

  get balanceCents(): number {
    return this.entries.at(-1)?.balanceCents ?? 0;
  }
}
