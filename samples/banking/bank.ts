import { StateMachine, Type } from '../../lib/index.js';
import { isAmount } from '../money.js';
import { Account, Entry } from './account.js';
import { BankingError } from './banking-error.js';
import { Transaction } from './transaction.js';

/** The state of the sample: all accounts and all transactions, by id. */
export class Bank extends StateMachine {
  @Type(() => Account) readonly accounts: Map<string, Account> = new Map();
  @Type(() => Transaction) readonly transactions: Map<string, Transaction> = new Map();

  /** @throws BankingError ACCOUNT_NOT_FOUND */
  account(id: string): Account {
    const account = this.accounts.get(id);
    if (!account) throw new BankingError('ACCOUNT_NOT_FOUND', `There is no account "${id}".`);
    return account;
  }

  /**
   * Moves money, all or nothing. A transaction that has been carried out already is not carried out again: then `created`
   * is false.
   *
   * @throws BankingError
   */
  carryOut(transaction: Transaction): { transaction: Transaction; created: boolean } {
    const { id, from, to, amountCents } = transaction;
    if (!isAmount(amountCents)) {
      throw new BankingError('INVALID_AMOUNT', 'An amount is a positive whole number of cents.');
    }
    const earlier = this.transactions.get(id);
    if (earlier?.asksForTheSameAs(transaction)) return { transaction: earlier, created: false };
    if (earlier) throw new BankingError('TRANSACTION_ID_TAKEN', `There is another transaction "${id}" already.`);
    if (from === to) throw new BankingError('SAME_ACCOUNT', 'A transfer is between two accounts.');

    const payer = from === null ? null : this.account(from);
    const payee = to === null ? null : this.account(to);
    if (payer && payer.balanceCents < amountCents) {
      throw new BankingError('INSUFFICIENT_FUNDS', `Account "${payer.id}" holds ${payer.balanceCents} cents only.`);
    }
    if (payee && !Number.isSafeInteger(payee.balanceCents + amountCents)) {
      throw new BankingError('BALANCE_TOO_LARGE', `Account "${payee.id}" cannot hold that much.`);
    }

    this.transactions.set(id, transaction);
    if (payer) enter(payer, transaction, -amountCents, to);
    if (payee) enter(payee, transaction, amountCents, from);
    return { transaction, created: true };
  }
}

function enter(account: Account, { id, at }: Transaction, changeCents: number, counterparty: string | null): void {
  account.entries.push(new Entry(id, counterparty, changeCents, account.balanceCents + changeCents, at));
}
