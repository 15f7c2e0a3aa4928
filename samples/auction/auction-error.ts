import { DomainError, type Refusal } from '../domain-error.js';

const refusals = {
  INVALID_LOT: 'invalid',
  INVALID_AMOUNT: 'invalid',
  AUCTION_NOT_FOUND: 'not-found',
  AUCTION_EXISTS: 'rule',
  AUCTION_CLOSED: 'rule',
  BID_BY_SELLER: 'rule',
  BID_TOO_LOW: 'rule',
} as const satisfies Record<string, Refusal>;

/** The reasons why the auction house refuses a request. */
export class AuctionError extends DomainError {
  override readonly name = 'AuctionError';
  readonly refusal: Refusal;

  constructor(
    readonly code: keyof typeof refusals,
    message: string,
  ) {
    super(message);
    this.refusal = refusals[code];
  }
}
