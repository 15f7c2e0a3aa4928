import type { DeepReadonly, Operation, ReplicatedStateMachine } from '../../lib/index.js';
import { inTime } from '../in-time.js';
import type { Bank } from './bank.js';
import { Deposit, Transfer, Withdraw } from './movements.js';
import { OpenAccount } from './open-account.js';
import { type AccountView, accountViewOf, type Receipt, type Statement, statementOf } from './views.js';

/**
 * The bank as an ordinary asynchronous object: nothing in its interface says that it is replicated, except that a change
 * may reject with `UnknownOutcomeError` when it has not been confirmed in time. The caller then asks again: an account is
 * opened once, and a transaction is carried out once, however often it is asked for.
 */
export class BankingService {
  constructor(
    private readonly machine: ReplicatedStateMachine<Bank>,
    private readonly timeoutMs = 10_000,
  ) {}

  /** Opens an account; `created` is false if the owner had it already. @throws BankingError */
  async openAccount(accountId: string, owner: string): Promise<{ account: AccountView; created: boolean }> {
    return this.execute(new OpenAccount(accountId, owner));
  }

  /** @throws BankingError */
  async deposit(accountId: string, amountCents: number, transactionId: string): Promise<Receipt> {
    return this.execute(new Deposit(accountId, amountCents, transactionId));
  }

  /** @throws BankingError INSUFFICIENT_FUNDS among others */
  async withdraw(accountId: string, amountCents: number, transactionId: string): Promise<Receipt> {
    return this.execute(new Withdraw(accountId, amountCents, transactionId));
  }

  /** @throws BankingError INSUFFICIENT_FUNDS among others */
  async transfer(from: string, to: string, amountCents: number, transactionId: string): Promise<Receipt> {
    return this.execute(new Transfer(from, to, amountCents, transactionId));
  }

  /** An account with its balance. @throws BankingError ACCOUNT_NOT_FOUND */
  async balance(accountId: string): Promise<AccountView> {
    return this.read((bank) => accountViewOf(bank.account(accountId)));
  }

  /** The last `count` entries of an account, the latest first. @throws BankingError ACCOUNT_NOT_FOUND */
  async statement(accountId: string, count = 100): Promise<Statement> {
    return this.read((bank) => statementOf(bank.account(accountId), count));
  }

  private async execute<Result>(operation: Operation<Bank, Result>): Promise<Result> {
    return this.machine.execute(operation, { timeoutMs: this.timeoutMs });
  }

  private async read<Result>(query: (bank: DeepReadonly<Bank>) => Result): Promise<Result> {
    return inTime(this.timeoutMs, this.machine.read(query));
  }
}
