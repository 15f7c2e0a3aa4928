/**
 * When a signer can give up a founding. A signer for which it does not hold withdraws for good: it never holds the founding,
 * and so never votes in it. The founding is dead for everyone once so many have withdrawn that the others are no quorum.
 */
import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Withdrawal } from '../../model/records.js';
import { classicQuorum } from '../../model/view.js';

/** How many of n signers have to withdraw before the others, however many votes they cast, choose nothing. */
function withdrawalsNeeded(n: number): number {
  return n - classicQuorum(n) + 1;
}

/** Whether nothing was or ever will be chosen in the founding. */
export function isDead({ founding, by }: Withdrawal): boolean {
  return by.length >= withdrawalsNeeded(founding.members.length);
}

/** Whether a signer may withdraw that takes these signers, itself among them, for stuck or withdrawn. */
export function mayWithdraw(stuck: ReadonlySet<ProcessId>, n: number): boolean {
  return stuck.size >= withdrawalsNeeded(n);
}

export function withdrawalOf(withdrawals: readonly Withdrawal[], group: GroupId): Withdrawal | undefined {
  return withdrawals.find(({ founding }) => founding.group === group);
}

/** The known withdrawals with one more; the same list if it is not new. */
export function withWithdrawal(withdrawals: readonly Withdrawal[], news: Withdrawal): readonly Withdrawal[] {
  const { founding } = news;
  const known = withdrawalOf(withdrawals, founding.group);
  const by = new Set([...(known?.by ?? []), ...news.by.filter((process) => founding.members.includes(process))]);
  if (by.size === (known?.by.length ?? 0)) return withdrawals;
  return [...withdrawals.filter((other) => other !== known), { founding, by: [...by].sort() }];
}
