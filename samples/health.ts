import type { MemberStatus, PaxosStatus, ReadyOptions } from '../lib/index.js';
import { type Problem, problem, problemOf } from './problem.js';

/** The answer of `GET /health`: 200 if this replica works, otherwise 503 and the missing members. */
export type Health =
  | { readonly isServing: true; readonly role: PaxosStatus['role'] }
  | { readonly isServing: false; readonly problem: Problem; readonly missing: readonly string[] };

/** A member that has been silent for longer counts as missing. */
const silentMs = 1000;

/** A load balancer asks every few seconds and has little patience. */
const timeoutMs = 1000;

/** Finds out by an operation without effect, which has to be ordered by a majority and executed here. */
export async function healthOf(
  status: () => PaxosStatus,
  ready: (options: ReadyOptions) => Promise<void>,
): Promise<Health> {
  try {
    await ready({ timeoutMs });
    return { isServing: true, role: status().role };
  } catch (error) {
    const { view, hasQuorum } = status();
    const { members } = view;
    const missing = members.filter(isSilent).map(({ process }) => process);
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

function isSilent({ heardMsAgo }: MemberStatus): boolean {
  return heardMsAgo === null || heardMsAgo > silentMs;
}
