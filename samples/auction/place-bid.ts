import { type ExecutionContext, Operation, operation } from '../../lib/index.js';
import { isAmount } from '../money.js';
import { Bid } from './auction.js';
import { AuctionError } from './auction-error.js';
import type { AuctionHouse } from './auction-house.js';
import { type AuctionDetails, detailsOf } from './views.js';

/** Bids for an item; the auction with the bid in it is the result. */
@operation('auction.bid')
export class PlaceBid extends Operation<AuctionHouse, AuctionDetails> {
  constructor(
    readonly auctionId: string,
    readonly bidder: string,
    readonly amountCents: number,
  ) {
    super();
  }

  /** @throws AuctionError INVALID_AMOUNT, AUCTION_NOT_FOUND, AUCTION_CLOSED, BID_BY_SELLER, BID_TOO_LOW */
  execute(house: AuctionHouse, context: ExecutionContext): AuctionDetails {
    if (!isAmount(this.amountCents)) {
      throw new AuctionError('INVALID_AMOUNT', 'A bid is a positive whole number of cents.');
    }
    const auction = house.auction(this.auctionId);
    if (context.time >= auction.closesAt) {
      const closed = new Date(auction.closesAt).toISOString();
      throw new AuctionError('AUCTION_CLOSED', `Auction "${auction.id}" closed at ${closed}.`);
    }
    if (this.bidder === auction.seller) {
      throw new AuctionError('BID_BY_SELLER', `"${this.bidder}" sells the item of auction "${auction.id}".`);
    }
    if (this.amountCents < auction.minimumBidCents) {
      const least = auction.minimumBidCents;
      throw new AuctionError('BID_TOO_LOW', `A bid in auction "${auction.id}" is now at least ${least} cents.`);
    }
    auction.bids.push(new Bid(this.bidder, this.amountCents, context.time));
    return detailsOf(auction);
  }
}
