import { DomainError, type Refusal } from '../domain-error.js';

const refusals = {
  INVALID_AMOUNT: 'invalid',
  SAME_ACCOUNT: 'invalid',
  ACCOUNT_NOT_FOUND: 'not-found',
  ACCOUNT_EXISTS: 'rule',
  INSUFFICIENT_FUNDS: 'rule',
  BALANCE_TOO_LARGE: 'rule',
  TRANSACTION_ID_TAKEN: 'rule',
} as const satisfies Record<string, Refusal>;

/** The reasons why the bank refuses a request. */
export class BankingError extends DomainError {
  override readonly name = 'BankingError';
  readonly refusal: Refusal;

  constructor(
    readonly code: keyof typeof refusals,
    message: string,
  ) {
    super(message);
    this.refusal = refusals[code];
  }
}
