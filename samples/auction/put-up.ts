import { type ExecutionContext, Operation, operation } from '../../lib/index.js';
import { isAmount } from '../money.js';
import { Auction, MAX_OPEN_SECONDS } from './auction.js';
import { AuctionError } from './auction-error.js';
import type { AuctionHouse } from './auction-house.js';
import { type AuctionDetails, detailsOf } from './views.js';

/**
 * Puts an item up for auction. Doing it again with the same contents changes nothing, so a caller that does not know
 * the outcome may simply repeat it.
 */
@operation('auction.put-up')
export class PutUp extends Operation<AuctionHouse, { auction: AuctionDetails; created: boolean }> {
  constructor(
    readonly auctionId: string,
    readonly seller: string,
    readonly item: string,
    readonly reserveCents: number,
    readonly incrementCents: number,
    readonly openForSeconds: number,
  ) {
    super();
  }

  /** @throws AuctionError INVALID_LOT, AUCTION_EXISTS */
  execute(house: AuctionHouse, context: ExecutionContext): { auction: AuctionDetails; created: boolean } {
    if (!isAmount(this.reserveCents) || !isAmount(this.incrementCents)) {
      throw new AuctionError('INVALID_LOT', 'Reserve and increment are positive whole numbers of cents.');
    }
    if (!Number.isInteger(this.openForSeconds) || this.openForSeconds <= 0 || this.openForSeconds > MAX_OPEN_SECONDS) {
      throw new AuctionError('INVALID_LOT', `An auction is open for 1 to ${MAX_OPEN_SECONDS} whole seconds.`);
    }
    const existing = house.auctions.get(this.auctionId);
    if (existing) {
      if (this.describes(existing)) return { auction: detailsOf(existing), created: false };
      throw new AuctionError('AUCTION_EXISTS', `There is another auction "${this.auctionId}" already.`);
    }
    const auction = new Auction(
      this.auctionId,
      this.seller,
      this.item,
      this.reserveCents,
      this.incrementCents,
      context.time,
      context.time + this.openForSeconds * 1000,
    );
    house.auctions.set(auction.id, auction);
    return { auction: detailsOf(auction), created: true };
  }

  private describes(auction: Auction): boolean {
    return (
      auction.seller === this.seller &&
      auction.item === this.item &&
      auction.reserveCents === this.reserveCents &&
      auction.incrementCents === this.incrementCents &&
      auction.closesAt - auction.openedAt === this.openForSeconds * 1000
    );
  }
}
