import { StateMachine, Type } from '../../lib/index.js';
import { Auction } from './auction.js';
import { AuctionError } from './auction-error.js';

/** The state of the sample: every auction there ever was, in the order in which they were put up. */
export class AuctionHouse extends StateMachine {
  @Type(() => Auction) readonly auctions: Map<string, Auction> = new Map();

  /** @throws AuctionError AUCTION_NOT_FOUND */
  auction(id: string): Auction {
    const auction = this.auctions.get(id);
    if (!auction) throw new AuctionError('AUCTION_NOT_FOUND', `There is no auction "${id}".`);
    return auction;
  }
}
