import type { Ledger } from '../ledger/ledger.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { Identity, LedgerSnapshot } from '../model/records.js';
import type { Settings } from '../model/settings.js';
import { INCARNATION_MAX, type Nonce, OWN_STARTS_MAX, type Start, type StartsRecord } from '../model/start.js';

/** This process's identity in the current start, and its knowledge of earlier starts. */
export interface ClaimedIdentity {
  readonly identity: Identity;
  readonly start: Start;
  /** `starts` includes the present one. */
  readonly past: LedgerSnapshot;
}

export interface IdentityOptions {
  readonly settings: Settings;
  readonly replicas: number;
  readonly queueId: string;
  /** Whether a new identity may found a group. */
  readonly founds: boolean;
  readonly randomBytes: (count: number) => Buffer;
}

/**
 * Takes up the identity that the ledger holds, or a new one, and makes this start of it durable, so that neither an id nor
 * a start repeats one of before.
 * @throws TreplicaError REPLICAS_MISMATCH where the ledger belongs to a group of other founders than so many; BORDER_MISMATCH
 * where the group's α is smaller than the window that this release works in; VOTES_LOST where it has been
 * found not to hold all that it once held; as the ledger does.
 */
export async function claimIdentity(
  ledger: Ledger,
  { settings, replicas, queueId, founds, randomBytes }: IdentityOptions,
): Promise<ClaimedIdentity> {
  const past = ledger.load();
  checkReplicas(past, replicas, queueId);
  checkWindow(past, queueId, settings);
  const identity: Identity = {
    process: past.identity?.process ?? (randomBytes(8).toString('hex') as ProcessId),
    incarnation: (past.identity?.incarnation ?? 0) + 1,
    founds: past.identity?.founds ?? founds,
  };
  if (past.starts.hasLostVotes) throw votesLost(identity.process, queueId);
  if (identity.incarnation > INCARNATION_MAX) throw tooManyStarts(identity.process, queueId);
  const start: Start = { incarnation: identity.incarnation, nonce: randomBytes(16).toString('hex') as Nonce };
  const starts: StartsRecord = { ...past.starts, own: [...past.starts.own, start].slice(-OWN_STARTS_MAX) };
  await new Promise<void>((resolve, reject) => {
    ledger.commit(
      [
        { kind: 'identity', ...identity },
        { kind: 'starts', starts },
      ],
      (error) => {
        if (error === null) resolve();
        else reject(error);
      },
    );
  });
  return { identity, start, past: { ...past, starts } };
}

/** The directory was put back, and this process must not vote any more. */
export function votesLost(process: ProcessId, queueId: string): TreplicaError {
  return new TreplicaError(
    'VOTES_LOST',
    `Process ${process} on ${queueId} has lost votes: its directory was put back to an earlier state, or is in use twice: others know of a start of this process that the directory has never seen. It must not vote under this id again. Start it with recover: true: the ledger in the directory is set aside, and the process rejoins under a new id, without a vote. Never put back an earlier directory of a process.`,
  );
}

function tooManyStarts(process: ProcessId, queueId: string): TreplicaError {
  return new TreplicaError(
    'VOTES_LOST',
    `Process ${process} on ${queueId} has been started ${String(INCARNATION_MAX)} times, and no id is left for another start. Start it with recover: true: it rejoins under a new id, without a vote.`,
  );
}

function checkReplicas(past: LedgerSnapshot, replicas: number, queueId: string): void {
  // How many found a group is of no interest to a process that has joined it, nor once its members have changed.
  const members = past.views.length > 1 ? undefined : past.founding.signed?.members.length;
  if (members === undefined || members === replicas) return;
  throw new TreplicaError(
    'REPLICAS_MISMATCH',
    `The ledger belongs to a group of ${String(members)} processes on ${queueId}, and this process was started for ${String(replicas)} replicas: start it with replicas: ${String(members)}, or with another directory.`,
  );
}

/** A vote beyond first undecided + α could be given in a view that does not govern the instance. */
function checkWindow(past: LedgerSnapshot, queueId: string, { windowInstances }: Settings): void {
  const borderInstances = past.borderInstances ?? past.founding.signed?.borderInstances;
  if (borderInstances === undefined || borderInstances >= windowInstances) return;
  throw new TreplicaError(
    'BORDER_MISMATCH',
    `The ledger belongs to a group on ${queueId} whose views begin ${String(borderInstances)} instances after they are decided, and this process works in a window of ${String(windowInstances)}, which must not be larger: lower limits.windowInstances, run the release that founded the group, or give this one another directory and queue id.`,
  );
}
