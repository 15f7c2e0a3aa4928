/** One movement of money: into the bank, out of it, or from account to account. Named by who asks for it. */
export class Transaction {
  constructor(
    readonly id: string,
    /** The account that pays; null for a deposit. */
    readonly from: string | null,
    /** The account that is paid; null for a withdrawal. */
    readonly to: string | null,
    readonly amountCents: number,
    /** Milliseconds since 1970, decided. */
    readonly at: number,
  ) {}

  /** Whether both ask for the same, whenever they do. */
  asksForTheSameAs(other: Transaction): boolean {
    return this.from === other.from && this.to === other.to && this.amountCents === other.amountCents;
  }
}
