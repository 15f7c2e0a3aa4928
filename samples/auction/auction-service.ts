import type { DeepReadonly, ReplicatedStateMachine } from '../../lib/index.js';
import { inTime } from '../in-time.js';
import type { AuctionHouse } from './auction-house.js';
import { PlaceBid } from './place-bid.js';
import { PutUp } from './put-up.js';
import { type AuctionDetails, type AuctionSummary, detailsOf, summaryOf } from './views.js';

/** A seller's description of an item. */
export interface Lot {
  readonly seller: string;
  readonly item: string;
  readonly reserveCents: number;
  readonly incrementCents: number;
  readonly openForSeconds: number;
}

/**
 * The auction house as an ordinary asynchronous object: nothing in its interface says that it is replicated, except that
 * a change may reject with `UnknownOutcomeError` when it has not been confirmed in time.
 */
export class AuctionService {
  constructor(
    private readonly machine: ReplicatedStateMachine<AuctionHouse>,
    private readonly timeoutMs = 10_000,
  ) {}

  /** Puts an item up; `created` is false if the very same auction was there already. @throws AuctionError */
  async putUp(auctionId: string, lot: Lot): Promise<{ auction: AuctionDetails; created: boolean }> {
    const { seller, item, reserveCents, incrementCents, openForSeconds } = lot;
    const putUp = new PutUp(auctionId, seller, item, reserveCents, incrementCents, openForSeconds);
    return this.machine.execute(putUp, { timeoutMs: this.timeoutMs });
  }

  /** Bids for an item, and returns the auction with the bid in it. @throws AuctionError */
  async bid(auctionId: string, bidder: string, amountCents: number): Promise<AuctionDetails> {
    return this.machine.execute(new PlaceBid(auctionId, bidder, amountCents), { timeoutMs: this.timeoutMs });
  }

  /** All auctions, in the order in which they were put up. */
  async list(): Promise<AuctionSummary[]> {
    return this.read((house) => [...house.auctions.values()].map(summaryOf));
  }

  /** The `count` auctions that were put up last, the latest first. */
  async recent(count: number): Promise<AuctionSummary[]> {
    return this.read((house) => [...house.auctions.values()].slice(-count).reverse().map(summaryOf));
  }

  /** @throws AuctionError AUCTION_NOT_FOUND */
  async show(auctionId: string): Promise<AuctionDetails> {
    return this.read((house) => detailsOf(house.auction(auctionId)));
  }

  private async read<Result>(query: (house: DeepReadonly<AuctionHouse>) => Result): Promise<Result> {
    return inTime(this.timeoutMs, this.machine.read(query));
  }
}
