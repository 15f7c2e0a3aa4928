import { setTimeout as sleep } from 'node:timers/promises';

import { type GroupSetup, underLoad, windows, withGroup } from '../group.js';
import { summarise, type Summary } from '../window.js';
import type { Attempt } from './climb.js';

/** The measurements of the group at one rate. */
export interface Step extends Attempt, Summary {}

/** A rate holds while 85 % of the operations are answered within this. */
const LATENCY_MAX_MS = 100;
/** As many unanswered operations as are due in this time are no load any more but a queue. */
const QUEUE_MAX_SECONDS = 2;
/** Callers at each replica that warm it up: code that is not yet compiled could not keep up, and would leave a queue. */
const WARM_UP_CALLERS = 100;
const WARM_UP_MS = 1000;

/**
 * Offers `offeredPerSecond` operations, the same share at each replica, to a new group, and measures for `seconds`. The
 * group is new because the state grows with every operation, and so that what one rate leaves behind is not the next one's
 * load.
 */
export async function step(setup: GroupSetup, offeredPerSecond: number, seconds: number): Promise<Step> {
  const opsPerSecond = offeredPerSecond / setup.replicas;
  const unansweredMax = Math.ceil(QUEUE_MAX_SECONDS * opsPerSecond);
  return withGroup(setup, async (replicas) => {
    await underLoad(replicas, { kind: 'closed', callers: WARM_UP_CALLERS }, () => sleep(WARM_UP_MS));
    const measured = await underLoad(replicas, { kind: 'open', opsPerSecond, unansweredMax }, async () => {
      await sleep(WARM_UP_MS);
      await windows(replicas);
      await sleep(1000 * seconds);
      return windows(replicas);
    });
    const summary = summarise(measured);
    return { offeredPerSecond, ...summary, held: holds(summary, offeredPerSecond, seconds) };
  });
}

/**
 * Whether what was answered in `seconds` kept up with what was due: p85 is low enough, and what was unanswered in the end
 * was not by more than that wait's worth above what it had been in the beginning. A replica that gave up has failed in
 * one or the other.
 */
export function holds(
  { opsPerSecond, p85Ms }: Pick<Summary, 'opsPerSecond' | 'p85Ms'>,
  offeredPerSecond: number,
  seconds: number,
): boolean {
  const behind = (offeredPerSecond - opsPerSecond) * seconds;
  return p85Ms <= LATENCY_MAX_MS && behind <= offeredPerSecond * (LATENCY_MAX_MS / 1000);
}
