import type { DeepReadonly } from '../../lib/index.js';
import type { Account, Entry } from './account.js';
import type { Transaction } from './transaction.js';

/** An account as the callers of the sample see it. */
export interface AccountView {
  readonly accountId: string;
  readonly owner: string;
  readonly balanceCents: number;
}

/** That a transaction has been carried out. */
export interface Receipt {
  /** Whether it has been carried out now, and not earlier already. */
  readonly created: boolean;
  readonly transactionId: string;
  /** The account that paid; null for a deposit. */
  readonly from: string | null;
  /** The account that was paid; null for a withdrawal. */
  readonly to: string | null;
  readonly amountCents: number;
  /** ISO 8601. */
  readonly at: string;
}

/** One line of a statement. */
interface StatementEntry {
  readonly transactionId: string;
  /** The other account of a transfer. */
  readonly counterparty: string | null;
  /** Negative if the account paid. */
  readonly changeCents: number;
  /** The balance that it left. */
  readonly balanceCents: number;
  /** ISO 8601. */
  readonly at: string;
}

/** An account and what happened to it, the latest first. */
export interface Statement extends AccountView {
  readonly entries: readonly StatementEntry[];
}

/** A copy that shares nothing with the state; so do the others here. */
export function accountViewOf(account: DeepReadonly<Account>): AccountView {
  return { accountId: account.id, owner: account.owner, balanceCents: account.balanceCents };
}

export function receiptOf({ transaction, created }: { transaction: Transaction; created: boolean }): Receipt {
  const { id, from, to, amountCents, at } = transaction;
  return { created, transactionId: id, from, to, amountCents, at: new Date(at).toISOString() };
}

/** The last `count` entries of an account. */
export function statementOf(account: DeepReadonly<Account>, count: number): Statement {
  return { ...accountViewOf(account), entries: account.entries.slice(-count).reverse().map(entryViewOf) };
}

function entryViewOf({ transactionId, counterparty, changeCents, balanceCents, at }: Entry): StatementEntry {
  return { transactionId, counterparty, changeCents, balanceCents, at: new Date(at).toISOString() };
}
