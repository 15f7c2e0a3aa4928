import { type ExecutionContext, Operation, operation, StateMachine, Type } from '../lib/index.js';

/** The large states consist of accounts: some 140 bytes each in a checkpoint. */
class Account {
  balance = 0;
  history: number[] = [];
  note = '';

  constructor(
    readonly name: string,
    readonly openedAt: number,
  ) {}
}

/** Of an account in a checkpoint, roughly. */
export const ACCOUNT_BYTES = 137;

/** A state that costs next to nothing, so that what is measured is the replication. */
export class Counters extends StateMachine {
  counts: Map<string, number> = new Map<string, number>();
  /** Empty unless the benchmark is about the size of the state. */
  @Type(() => Account) accounts: Map<string, Account> = new Map<string, Account>();
}

/** The operations that this process has executed. The state does not tell, because some of it may have come from elsewhere. */
export const executed = {
  /** Operations that the group had executed with the latest one here. */
  position: 0,
  /** Operations executed by this very process. */
  operations: 0,
};

/** Every operation of a benchmark calls this when it is executed. */
export function note(context: ExecutionContext): void {
  executed.position = context.position + 1;
  executed.operations += 1;
}

/** Adds to one counter; `padding` gives the operation the size that is asked for. */
@operation('benchmark.add')
export class Add extends Operation<Counters, number> {
  constructor(
    readonly counter: string,
    readonly amount: number,
    readonly padding: string,
  ) {
    super();
  }

  override execute(state: Counters, context: ExecutionContext): number {
    note(context);
    const count = (state.counts.get(this.counter) ?? 0) + this.amount;
    state.counts.set(this.counter, count);
    return count;
  }
}

/** Opens `count` accounts, from number `from` on. */
@operation('benchmark.open-accounts')
export class OpenAccounts extends Operation<Counters, number> {
  constructor(
    readonly from: number,
    readonly count: number,
  ) {
    super();
  }

  override execute({ accounts }: Counters, context: ExecutionContext): number {
    note(context);
    for (let number = this.from; number < this.from + this.count; number += 1) {
      const account = new Account(`account ${number}`, context.time);
      account.balance = number / 100;
      account.history = [number, number + 1, number + 2, number + 3];
      account.note = `opened as number ${number}, by the benchmark, to have something to save`;
      accounts.set(account.name, account);
    }
    return accounts.size;
  }
}
