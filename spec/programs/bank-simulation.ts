/**
 * The banking sample as the simulator is given it. As a program, `bank-simulation <seed>…`, it prints the digest of what
 * happens under each seed.
 */
import { pathToFileURL } from 'node:url';

import type { DeepReadonly } from '../../lib/index.js';
import { type Application, type Client, simulate, type SimulationOptions } from '../../lib/simulation/index.js';
import { Bank } from '../../samples/banking/bank.js';
import { Deposit, Transfer, Withdraw } from '../../samples/banking/movements.js';
import { OpenAccount } from '../../samples/banking/open-account.js';

const CUSTOMERS = ['ana', 'bruno', 'clara', 'davi'];

function heldCents({ accounts }: DeepReadonly<Bank>): number {
  return [...accounts.values()].reduce((sum, { balanceCents }) => sum + balanceCents, 0);
}

/** What came into the bank less what went out. */
function broughtCents({ transactions }: Bank): number {
  let sum = 0;
  for (const { from, to, amountCents } of transactions.values()) {
    if (from === null) sum += amountCents;
    if (to === null) sum -= amountCents;
  }
  return sum;
}

/** One visit of a customer: much is refused, for accounts that are not open and money that is not there. */
async function visit(client: Client<Bank>): Promise<void> {
  const customer = (): string => CUSTOMERS[Math.floor(client.random() * CUSTOMERS.length)] ?? '';
  const amountCents = 1 + Math.floor(client.random() * 10_000);
  const id = `${client.name}-${client.turn}`;
  const wish = client.random();
  if (wish < 0.1) {
    const owner = customer();
    await client.execute(new OpenAccount(owner, owner));
  } else if (wish < 0.4) await client.execute(new Deposit(customer(), amountCents, id));
  else if (wish < 0.6) await client.execute(new Withdraw(customer(), amountCents, id));
  else if (wish < 0.9) await client.execute(new Transfer(customer(), customer(), amountCents, id));
  else await client.read(heldCents, 'what is held');
}

export const bank: Application<Bank> = {
  initialState: () => new Bank(),
  workload: visit,
  invariants: {
    'no balance is negative': ({ accounts }) => [...accounts.values()].every(({ balanceCents }) => balanceCents >= 0),
    'the accounts hold what came in less what went out': (state) => {
      const [held, brought] = [heldCents(state), broughtCents(state)];
      return held === brought || `they hold ${held} cents, and ${brought} were brought`;
    },
  },
};

/** The digests of one run each. */
export async function digestsOf(
  seeds: readonly number[],
  options?: Partial<SimulationOptions<Bank>>,
): Promise<string[]> {
  const digests: string[] = [];
  for (const seed of seeds) {
    const onRun = ({ digest }: { readonly digest: string }): void => void digests.push(digest);
    await simulate({ ...bank, faultySeconds: 1, ...options, seed, runs: 1, onRun });
  }
  return digests;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log((await digestsOf(process.argv.slice(2).map(Number))).join('\n'));
}
