import type { DeepReadonly } from '../../lib/index.js';
import type { Auction, Bid } from './auction.js';

/** A bid as the callers of the sample see it. */
interface BidView {
  readonly bidder: string;
  readonly amountCents: number;
  /** ISO 8601. */
  readonly at: string;
}

/** An auction as a line of a list. */
export interface AuctionSummary {
  readonly auctionId: string;
  readonly seller: string;
  readonly item: string;
  readonly reserveCents: number;
  readonly incrementCents: number;
  /** ISO 8601. */
  readonly openedAt: string;
  /** ISO 8601. */
  readonly closesAt: string;
  readonly minimumBidCents: number;
  readonly highestBid: BidView | null;
}

/** An auction with everything that is known about it. */
export interface AuctionDetails extends AuctionSummary {
  /** Oldest first. */
  readonly bids: readonly BidView[];
}

/** The line of a list for this auction: a copy that shares nothing with the state. */
export function summaryOf(auction: DeepReadonly<Auction>): AuctionSummary {
  return {
    auctionId: auction.id,
    seller: auction.seller,
    item: auction.item,
    reserveCents: auction.reserveCents,
    incrementCents: auction.incrementCents,
    openedAt: new Date(auction.openedAt).toISOString(),
    closesAt: new Date(auction.closesAt).toISOString(),
    minimumBidCents: auction.minimumBidCents,
    highestBid: auction.highestBid ? viewOf(auction.highestBid) : null,
  };
}

/** All of this auction: a copy that shares nothing with the state. */
export function detailsOf(auction: DeepReadonly<Auction>): AuctionDetails {
  return { ...summaryOf(auction), bids: auction.bids.map(viewOf) };
}

function viewOf(bid: Bid): BidView {
  return { bidder: bid.bidder, amountCents: bid.amountCents, at: new Date(bid.at).toISOString() };
}
