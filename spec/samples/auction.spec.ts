import { beforeEach, describe, expect, it } from '@jest/globals';

import { AuctionError } from '../../samples/auction/auction-error.js';
import { AuctionHouse } from '../../samples/auction/auction-house.js';
import { PlaceBid } from '../../samples/auction/place-bid.js';
import { PutUp } from '../../samples/auction/put-up.js';
import type { AuctionDetails } from '../../samples/auction/views.js';
import { SampleContext } from '../support/sample-context.js';

let house: AuctionHouse;
let context: SampleContext;

beforeEach(() => {
  house = new AuctionHouse();
  context = new SampleContext();
});

function putUp(id: string, { reserve = 5000, increment = 500, seconds = 60, item = 'Brass lamp' } = {}) {
  return new PutUp(id, 'ana', item, reserve, increment, seconds).execute(house, context);
}

function bid(bidder: string, amountCents: number, id = 'lamp'): AuctionDetails {
  return new PlaceBid(id, bidder, amountCents).execute(house, context);
}

/** The code of the refusal. That a refused operation has changed nothing is a fact about every one of them. */
function refusal(attempt: () => unknown): string {
  const before = structuredClone(house.auctions);
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof AuctionError)) throw error;
    expect(structuredClone(house.auctions)).toEqual(before);
    return error.code;
  }
  throw new Error('was not refused');
}

describe('an auction', () => {
  it('closes so many seconds after the decided time at which it was put up', () => {
    const { auction, created } = putUp('lamp', { seconds: 90 });
    expect(created).toBe(true);
    expect(auction).toEqual({
      auctionId: 'lamp',
      seller: 'ana',
      item: 'Brass lamp',
      reserveCents: 5000,
      incrementCents: 500,
      openedAt: '2025-06-01T12:00:00.000Z',
      closesAt: '2025-06-01T12:01:30.000Z',
      minimumBidCents: 5000,
      highestBid: null,
      bids: [],
    });
  });

  it('put up again with the same contents is the same auction', () => {
    putUp('lamp');
    bid('bruno', 5000);
    context.pass(1);
    const again = putUp('lamp');
    expect(again.created).toBe(false);
    expect(again.auction.bids).toHaveLength(1);
  });

  it('put up again with other contents is refused', () => {
    putUp('lamp');
    expect(refusal(() => putUp('lamp', { reserve: 6000 }))).toBe('AUCTION_EXISTS');
  });

  it.each([
    { reserve: 0 },
    { reserve: -1 },
    { reserve: 10.5 },
    { reserve: 2 ** 53 },
    { increment: 0 },
    { increment: Number.NaN },
    { seconds: 0 },
    { seconds: 1.5 },
    { seconds: 1e12 },
  ])('is refused with %p', (lot) => {
    expect(refusal(() => putUp('lamp', lot))).toBe('INVALID_LOT');
  });
});

describe('a bid', () => {
  beforeEach(() => void putUp('lamp'));

  it('that comes first is at least the reserve', () => {
    expect(refusal(() => bid('bruno', 4999))).toBe('BID_TOO_LOW');
    expect(bid('bruno', 5000).highestBid).toEqual({
      bidder: 'bruno',
      amountCents: 5000,
      at: '2025-06-01T12:00:00.000Z',
    });
  });

  it('that comes later is at least the highest bid and the increment', () => {
    bid('bruno', 5000);
    expect(refusal(() => bid('carla', 5499))).toBe('BID_TOO_LOW');
    expect(bid('carla', 5500)).toMatchObject({ highestBid: { bidder: 'carla' }, minimumBidCents: 6000 });
    expect(refusal(() => bid('bruno', 5500))).toBe('BID_TOO_LOW');
  });

  it('cannot exceed what a number carries exactly, nor be topped there', () => {
    bid('bruno', Number.MAX_SAFE_INTEGER);
    expect(refusal(() => bid('carla', Number.MAX_SAFE_INTEGER))).toBe('BID_TOO_LOW');
    expect(refusal(() => bid('carla', 2 ** 53))).toBe('INVALID_AMOUNT');
  });

  it('is not the seller’s', () => {
    expect(refusal(() => bid('ana', 5000))).toBe('BID_BY_SELLER');
  });

  it('is accepted until the closing time, and not from it on', () => {
    context.pass(59.999);
    bid('bruno', 5000);
    context.pass(0.001);
    expect(refusal(() => bid('carla', 9000))).toBe('AUCTION_CLOSED');
  });

  it.each([0, -5000, 5000.5, Number.NaN, Infinity])('of %p cents makes no sense', (amountCents) => {
    expect(refusal(() => bid('bruno', amountCents))).toBe('INVALID_AMOUNT');
  });

  it('needs an auction', () => {
    expect(refusal(() => bid('bruno', 5000, 'sofa'))).toBe('AUCTION_NOT_FOUND');
  });

  it('that was accepted stays in the auction, oldest first', () => {
    bid('bruno', 5000);
    bid('carla', 6000);
    expect(bid('bruno', 7000).bids.map(({ bidder, amountCents }) => [bidder, amountCents])).toEqual([
      ['bruno', 5000],
      ['carla', 6000],
      ['bruno', 7000],
    ]);
  });

  it('changes nothing that an earlier caller was given', () => {
    const earlier = bid('bruno', 5000);
    bid('carla', 6000);
    expect(earlier.bids).toHaveLength(1);
  });
});
