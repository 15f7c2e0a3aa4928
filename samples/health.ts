import type { QueueStatus } from '../lib/index.js';
import { inTime } from './in-time.js';
import { problem, problemOf, type Problem } from './problem.js';

/** What `GET /health` answers with: 200 where this replica can do its work, otherwise 503 and what it lacks. */
export type Health =
  | { readonly isServing: true; readonly part: QueueStatus['part'] }
  | { readonly isServing: false; readonly problem: Problem; readonly missing: readonly string[] };

/** A load balancer asks every few seconds and has little patience. */
const probeMs = 1000;

/** Finds out by a linearizable read, which needs a majority and all that it has acknowledged. */
export async function healthOf(status: () => QueueStatus, probe: () => Promise<unknown>): Promise<Health> {
  try {
    await inTime(probeMs, probe());
    return { isServing: true, part: status().part };
  } catch (error) {
    const { members, missing, hasQuorum } = status();
    const heard = `${members.length - missing.length} of ${members.length} members of the group are heard`;
    const why = hasQuorum
      ? `This replica has not caught up within ${probeMs} ms.`
      : `No majority answers: ${heard}, and ${Math.floor(members.length / 2) + 1} are needed.`;
    const waits = error instanceof DOMException && error.name === 'TimeoutError';
    if (!waits) return { isServing: false, problem: problemOf(error), missing };
    const answer = problem(503, hasQuorum ? 'NOT_LEVEL' : 'NO_QUORUM', `${why} Operations and reads wait.`);
    return { isServing: false, problem: answer, missing };
  }
}
