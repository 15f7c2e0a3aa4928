/** What can be saved of a lost group, for a person who has to decide whether that will do. */
import type { RecoveryPlan } from '../backup/recover-group.js';
import type { Electorate, PassedOver } from '../backup/undecided.js';
import { count, type Row, table } from './print.js';

export function showPlan(plan: RecoveryPlan): string {
  const { queueId, group, ledgers, watermark, undecided, electorates, ambiguous, passedOver, damages } = plan;
  const rows: Row[] = [
    ['queue', queueId],
    ['group', group],
    ...ledgers.map((ledger): Row => ['ledger', showLedger(ledger)]),
    ...damages.map((what): Row => ['damage', what]),
    ['decided', `instances below ${watermark}`],
    ['voted', `${count(undecided)} instances from there on, of which the votes in these ledgers tell`],
    ...electorates.map((electorate): Row => [`view ${electorate.number}`, showElectorate(electorate)]),
    ...lossesOf(plan).map((what): Row => ['may be lost', what]),
    ...ambiguous.map((instance): Row => ['may be lost', showAmbiguous(instance)]),
    ...passedOver.map((vote): Row => ['may be lost', showPassedOver(vote)]),
    ['beware', BEWARE],
  ];
  return table(rows);
}

const BEWARE =
  'processes that are not among these may still live, and go on or come back under the old group id; the new group has another id and hears nothing of them. Make sure that nobody uses them any more.';

function showLedger({ directory, process, watermark, hasAllVotes }: RecoveryPlan['ledgers'][number]): string {
  const without = hasAllVotes
    ? ''
    : '; the directory was put back or is an older copy, votes are missing: it counts as silent';
  return `${directory}: process ${process}, decided below ${watermark}${without}`;
}

function showElectorate({ from, members, heard }: Electorate): string {
  const missing = members.filter((member) => !heard.includes(member));
  const without = missing.length === 0 ? '' : `; without ${missing.join(' ')}`;
  return `from ${from}: the votes of ${heard.length} of ${members.length} members are here${without}`;
}

function lossesOf({ isComplete, watermark, electorates }: RecoveryPlan): string[] {
  if (isComplete) return ['nothing that was acknowledged'];
  return electorates
    .filter(({ mayHideChoices }) => mayHideChoices)
    .map(({ number, from, members, heard }) => {
      const others = members.length - heard.length;
      const first = Math.max(from, watermark);
      return `whatever the ${others} other members of view ${number} have acknowledged at instance ${first} or later, if it is not what the votes in these ledgers give`;
    });
}

function showAmbiguous(instance: number): string {
  return `what was acknowledged at instance ${instance}, if it is not the one of several values that is taken`;
}

function showPassedOver({ instance, process }: PassedOver): string {
  return `what was acknowledged at instance ${instance}, if it is what process ${process} has voted for there: its ledger lacks votes and counts as silent, and another value is taken`;
}
