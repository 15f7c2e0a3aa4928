import type { QueueStatus, ReadyOptions } from '../lib/index.js';
import { problem, problemOf, type Problem } from './problem.js';

/** What `GET /health` answers with: 200 where this replica can do its work, otherwise 503 and what it lacks. */
export type Health =
  | { readonly isServing: true; readonly part: QueueStatus['part'] }
  | { readonly isServing: false; readonly problem: Problem; readonly missing: readonly string[] };

/** A load balancer asks every few seconds and has little patience. */
const timeoutMs = 1000;

/** Finds out by an operation without effect, which has to be ordered by a majority and executed here. */
export async function healthOf(
  status: () => QueueStatus,
  ready: (options: ReadyOptions) => Promise<void>,
): Promise<Health> {
  try {
    await ready({ timeoutMs });
    return { isServing: true, part: status().part };
  } catch (error) {
    const { members, missing, hasQuorum } = status();
    const heard = `${members.length - missing.length} of ${members.length} members of the group are heard`;
    const why = hasQuorum
      ? `This replica has not caught up within ${timeoutMs} ms.`
      : `No majority answers: ${heard}, and ${Math.floor(members.length / 2) + 1} are needed.`;
    const waits = error instanceof DOMException && error.name === 'TimeoutError';
    if (!waits) return { isServing: false, problem: problemOf(error), missing };
    const answer = problem(503, hasQuorum ? 'NOT_LEVEL' : 'NO_QUORUM', `${why} Operations and reads wait.`);
    return { isServing: false, problem: answer, missing };
  }
}
