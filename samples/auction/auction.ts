import { Type } from '../../lib/index.js';

/** An auction is open for a year at most. */
export const MAX_OPEN_SECONDS = 366 * 24 * 3600;

/** A bid that was accepted. */
export class Bid {
  constructor(
    readonly bidder: string,
    readonly amountCents: number,
    /** Milliseconds since 1970, decided. */
    readonly at: number,
  ) {}
}

/** One item that is, or was, for sale. */
export class Auction {
  /** Oldest first, and therefore lowest first. */
  @Type(() => Bid) readonly bids: Bid[] = [];

  constructor(
    readonly id: string,
    readonly seller: string,
    readonly item: string,
    /** The least that the first bid has to be. */
    readonly reserveCents: number,
    /** The least by which a later bid has to exceed the highest one. */
    readonly incrementCents: number,
    /** Milliseconds since 1970, decided. */
    readonly openedAt: number,
    /** From this moment on no bid is accepted. Milliseconds since 1970. */
    readonly closesAt: number,
  ) {}

  get highestBid(): Bid | undefined {
    return this.bids.at(-1);
  }

  get minimumBidCents(): number {
    return this.highestBid ? this.highestBid.amountCents + this.incrementCents : this.reserveCents;
  }
}
