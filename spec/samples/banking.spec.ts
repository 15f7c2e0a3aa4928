import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { Bank } from '../../samples/banking/bank.js';
import { BankingError } from '../../samples/banking/banking-error.js';
import { Deposit, Transfer, Withdraw } from '../../samples/banking/movements.js';
import { OpenAccount } from '../../samples/banking/open-account.js';
import { type Receipt, statementOf } from '../../samples/banking/views.js';
import { SampleContext } from '../support/sample-context.js';

let bank: Bank;
let context: SampleContext;
let transactions: number;

beforeEach(() => {
  bank = new Bank();
  context = new SampleContext();
  transactions = 0;
});

function open(id: string, owner = id) {
  return new OpenAccount(id, owner).execute(bank);
}

function nextId(): string {
  return `t${transactions++}`;
}

function deposit(to: string, amountCents: number, id = nextId()): Receipt {
  return new Deposit(to, amountCents, id).execute(bank, context);
}

function withdraw(from: string, amountCents: number, id = nextId()): Receipt {
  return new Withdraw(from, amountCents, id).execute(bank, context);
}

function transfer(from: string, to: string, amountCents: number, id = nextId()): Receipt {
  return new Transfer(from, to, amountCents, id).execute(bank, context);
}

function balances(): Record<string, number> {
  return Object.fromEntries([...bank.accounts].map(([id, account]) => [id, account.balanceCents]));
}

function total(): bigint {
  return Object.values(balances()).reduce((sum, balance) => sum + BigInt(balance), 0n);
}

/** The code of the refusal. That a refused operation has changed nothing is a fact about every one of them. */
function refusal(attempt: () => unknown): string {
  const before = structuredClone([bank.accounts, bank.transactions]);
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof BankingError)) throw error;
    expect(structuredClone([bank.accounts, bank.transactions])).toEqual(before);
    return error.code;
  }
  throw new Error('was not refused');
}

describe('an account', () => {
  it('is empty when it is opened', () => {
    expect(open('ana', 'Ana')).toEqual({
      account: { accountId: 'ana', owner: 'Ana', balanceCents: 0 },
      created: true,
    });
  });

  it('opened again for the same owner is the same account', () => {
    open('ana', 'Ana');
    deposit('ana', 700);
    expect(open('ana', 'Ana')).toMatchObject({ account: { balanceCents: 700 }, created: false });
  });

  it('belongs to one owner', () => {
    open('ana', 'Ana');
    expect(refusal(() => open('ana', 'Bruno'))).toBe('ACCOUNT_EXISTS');
  });

  it('has a statement with the latest entry first', () => {
    open('ana');
    open('bruno');
    deposit('ana', 1000);
    transfer('ana', 'bruno', 300);
    withdraw('ana', 200);
    expect(statementOf(bank.account('ana'), 2)).toEqual({
      accountId: 'ana',
      owner: 'ana',
      balanceCents: 500,
      entries: [
        {
          transactionId: 't2',
          counterparty: null,
          changeCents: -200,
          balanceCents: 500,
          at: '2025-06-01T12:00:00.000Z',
        },
        {
          transactionId: 't1',
          counterparty: 'bruno',
          changeCents: -300,
          balanceCents: 700,
          at: '2025-06-01T12:00:00.000Z',
        },
      ],
    });
    expect(statementOf(bank.account('bruno'), 9).entries).toMatchObject([{ counterparty: 'ana', changeCents: 300 }]);
  });
});

describe('money', () => {
  beforeEach(() => {
    open('ana');
    open('bruno');
    deposit('ana', 1000);
  });

  it('that is transferred leaves one account and arrives at the other', () => {
    transfer('ana', 'bruno', 400);
    expect(balances()).toEqual({ ana: 600, bruno: 400 });
  });

  it('can be taken out to the last cent and no further', () => {
    expect(refusal(() => withdraw('ana', 1001))).toBe('INSUFFICIENT_FUNDS');
    withdraw('ana', 1000);
    expect(refusal(() => transfer('ana', 'bruno', 1))).toBe('INSUFFICIENT_FUNDS');
    expect(balances()).toEqual({ ana: 0, bruno: 0 });
  });

  it.each([0, -1, 0.5, Number.NaN, 2 ** 53])('never moves in portions of %p cents', (amountCents) => {
    expect(refusal(() => deposit('ana', amountCents))).toBe('INVALID_AMOUNT');
    expect(refusal(() => withdraw('ana', amountCents))).toBe('INVALID_AMOUNT');
    expect(refusal(() => transfer('ana', 'bruno', amountCents))).toBe('INVALID_AMOUNT');
  });

  it('needs accounts that exist', () => {
    expect(refusal(() => deposit('carla', 1))).toBe('ACCOUNT_NOT_FOUND');
    expect(refusal(() => withdraw('carla', 1))).toBe('ACCOUNT_NOT_FOUND');
    expect(refusal(() => transfer('ana', 'carla', 1))).toBe('ACCOUNT_NOT_FOUND');
    expect(refusal(() => transfer('carla', 'ana', 1))).toBe('ACCOUNT_NOT_FOUND');
  });

  it('is not transferred from an account to itself', () => {
    expect(refusal(() => transfer('ana', 'ana', 1))).toBe('SAME_ACCOUNT');
  });

  it('does not accumulate beyond what a number carries exactly', () => {
    deposit('bruno', Number.MAX_SAFE_INTEGER);
    expect(refusal(() => deposit('bruno', 1))).toBe('BALANCE_TOO_LARGE');
    expect(refusal(() => transfer('ana', 'bruno', 1))).toBe('BALANCE_TOO_LARGE');
  });
});

describe('a transaction', () => {
  beforeEach(() => {
    open('ana');
    open('bruno');
    deposit('ana', 1000);
  });

  it('is carried out once, however often it is asked for', () => {
    const first = transfer('ana', 'bruno', 600, 'rent');
    context.pass(60);
    const second = transfer('ana', 'bruno', 600, 'rent');
    expect(first.created).toBe(true);
    expect(second).toEqual({ ...first, created: false });
    expect(balances()).toEqual({ ana: 400, bruno: 600 });
  });

  it('that was refused may be asked for again', () => {
    expect(refusal(() => transfer('bruno', 'ana', 1, 'rent'))).toBe('INSUFFICIENT_FUNDS');
    deposit('bruno', 1);
    expect(transfer('bruno', 'ana', 1, 'rent').created).toBe(true);
  });

  it('has a name of its own', () => {
    transfer('ana', 'bruno', 600, 'rent');
    expect(refusal(() => transfer('ana', 'bruno', 601, 'rent'))).toBe('TRANSACTION_ID_TAKEN');
    expect(refusal(() => withdraw('ana', 600, 'rent'))).toBe('TRANSACTION_ID_TAKEN');
  });
});

describe('the bank', () => {
  const names = ['ana', 'bruno', 'carla'] as const;
  const account = fc.constantFrom(...names, 'nobody');
  const amount = fc.oneof(fc.integer({ min: -1, max: 2000 }), fc.constantFrom(0.5, Number.MAX_SAFE_INTEGER, 2 ** 53));
  const id = fc.integer({ min: 0, max: 30 }).map(String);
  const movement = fc.oneof(
    fc.record({ kind: fc.constant('deposit' as const), to: account, amount, id }),
    fc.record({ kind: fc.constant('withdraw' as const), from: account, amount, id }),
    fc.record({ kind: fc.constant('transfer' as const), from: account, to: account, amount, id }),
  );

  it('neither makes nor loses money, and lends none, whatever it is asked for', () => {
    fc.assert(
      fc.property(fc.array(movement, { maxLength: 60 }), (movements) => {
        bank = new Bank();
        for (const name of names) open(name);
        for (const asked of movements) {
          const before = total();
          const [receipt, expected] = attempt(asked);
          expect(total() - before).toBe(receipt?.created ? expected : 0n);
          for (const balance of Object.values(balances())) expect(balance).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  /** The receipt, unless it was refused, and what the sum over all accounts has to grow by if it is carried out. */
  function attempt(asked: typeof movement extends fc.Arbitrary<infer M> ? M : never): [Receipt | null, bigint] {
    try {
      switch (asked.kind) {
        case 'deposit':
          return [deposit(asked.to, asked.amount, asked.id), BigInt(asked.amount)];
        case 'withdraw':
          return [withdraw(asked.from, asked.amount, asked.id), -BigInt(asked.amount)];
        case 'transfer':
          return [transfer(asked.from, asked.to, asked.amount, asked.id), 0n];
      }
    } catch (error) {
      if (!(error instanceof BankingError)) throw error;
      return [null, 0n];
    }
  }
});
