/**
 * The three ways in which money moves. A caller names its transaction, and may therefore repeat it when the outcome is unknown:
 * it is carried out once.
 */

import { type ExecutionContext, Operation, operation } from '../../lib/index.js';
import type { Bank } from './bank.js';
import { Transaction } from './transaction.js';
import { type Receipt, receiptOf } from './views.js';

/** Brings money into the bank. */
@operation('banking.deposit')
export class Deposit extends Operation<Bank, Receipt> {
  constructor(
    readonly accountId: string,
    readonly amountCents: number,
    readonly transactionId: string,
  ) {
    super();
  }

  /** @throws BankingError */
  execute(bank: Bank, context: ExecutionContext): Receipt {
    return receiptOf(
      bank.carryOut(new Transaction(this.transactionId, null, this.accountId, this.amountCents, context.time)),
    );
  }
}

/** Takes money out of the bank. */
@operation('banking.withdraw')
export class Withdraw extends Operation<Bank, Receipt> {
  constructor(
    readonly accountId: string,
    readonly amountCents: number,
    readonly transactionId: string,
  ) {
    super();
  }

  /** @throws BankingError */
  execute(bank: Bank, context: ExecutionContext): Receipt {
    return receiptOf(
      bank.carryOut(new Transaction(this.transactionId, this.accountId, null, this.amountCents, context.time)),
    );
  }
}

/** Moves money from account to account. */
@operation('banking.transfer')
export class Transfer extends Operation<Bank, Receipt> {
  constructor(
    readonly from: string,
    readonly to: string,
    readonly amountCents: number,
    readonly transactionId: string,
  ) {
    super();
  }

  /** @throws BankingError */
  execute(bank: Bank, context: ExecutionContext): Receipt {
    return receiptOf(
      bank.carryOut(new Transaction(this.transactionId, this.from, this.to, this.amountCents, context.time)),
    );
  }
}
