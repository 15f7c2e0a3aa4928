import { Type } from 'class-transformer';

import type { ExecutionContext } from '../../lib/machine/execution-context.js';
import { Operation, operation } from '../../lib/machine/operation.js';
import { StateMachine } from '../../lib/machine/state-machine.js';

/** A small application for the specs of the machine. */
export class Bid {
  constructor(
    readonly bidder: string,
    readonly amount: number,
    readonly at: Date,
    readonly id: string,
  ) {}
}

export class Auction {
  @Type(() => Bid) bids: Bid[] = [];
  lots: number[] = [];

  get highest(): number {
    return this.bids.at(-1)?.amount ?? 0;
  }
}

export class AuctionHouse extends StateMachine {
  @Type(() => Auction) auctions: Map<string, Auction> = new Map();
}

@operation('spec.auction.open')
export class OpenAuction extends Operation<AuctionHouse> {
  constructor(readonly auctionId: string) {
    super();
  }

  execute(house: AuctionHouse): void {
    house.auctions.set(this.auctionId, new Auction());
  }
}

@operation('spec.auction.bid')
export class PlaceBid extends Operation<AuctionHouse, Bid> {
  constructor(
    readonly auctionId: string,
    readonly bidder: string,
    readonly amount: number,
  ) {
    super();
  }

  execute(house: AuctionHouse, context: ExecutionContext): Bid {
    const auction = house.auctions.get(this.auctionId);
    if (auction === undefined) throw new RangeError(`there is no auction ${this.auctionId}`);
    if (this.amount <= auction.highest) throw new RangeError(`${this.amount} is too low`);
    const bid = new Bid(this.bidder, this.amount, context.now(), context.uniqueId());
    auction.bids.push(bid);
    return bid;
  }
}

/** Draws lots, twice in one operation. */
@operation('spec.auction.draw')
export class DrawLots extends Operation<AuctionHouse, number[]> {
  constructor(readonly auctionId: string) {
    super();
  }

  execute(house: AuctionHouse, context: ExecutionContext): number[] {
    const lots = house.auctions.get(this.auctionId)!.lots;
    lots.push(context.random(), context.random());
    return lots;
  }
}
