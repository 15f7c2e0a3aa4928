import { Operation, operation } from '../../lib/index.js';
import { Account } from './account.js';
import type { Bank } from './bank.js';
import { BankingError } from './banking-error.js';
import { type AccountView, accountViewOf } from './views.js';

/** Opens an account. Opening it again for the same owner changes nothing. */
@operation('banking.open-account')
export class OpenAccount extends Operation<Bank, { account: AccountView; created: boolean }> {
  constructor(
    readonly accountId: string,
    readonly owner: string,
  ) {
    super();
  }

  /** @throws BankingError ACCOUNT_EXISTS */
  execute(bank: Bank): { account: AccountView; created: boolean } {
    const existing = bank.accounts.get(this.accountId);
    if (existing) {
      if (existing.owner === this.owner) return { account: accountViewOf(existing), created: false };
      throw new BankingError('ACCOUNT_EXISTS', `Account "${this.accountId}" is another owner's.`);
    }
    const account = new Account(this.accountId, this.owner);
    bank.accounts.set(account.id, account);
    return { account: accountViewOf(account), created: true };
  }
}
