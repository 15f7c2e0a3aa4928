import { randomBytes } from 'node:crypto';
import type { Ledger } from '../ledger/ledger.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { Identity, LedgerSnapshot } from '../model/records.js';

/** Who this process is in this start of it, and what it knows of earlier ones. */
export interface Taken {
  readonly identity: Identity;
  readonly past: LedgerSnapshot;
}

/**
 * Takes up the identity that the ledger holds, or a new one, and raises the incarnation durably, so that no id of this
 * start repeats one of an earlier start. `founds` says of a new one whether it may found a group.
 * @throws TreplicaError REPLICAS_MISMATCH where the ledger belongs to a group of another size; as the ledger does.
 */
export async function takeIdentity(
  ledger: Ledger,
  { replicas, queueId, founds }: { readonly replicas: number; readonly queueId: string; readonly founds: boolean },
): Promise<Taken> {
  const past = ledger.load();
  checkReplicas(past, replicas, queueId);
  const identity: Identity = {
    process: past.identity?.process ?? (randomBytes(8).toString('hex') as ProcessId),
    incarnation: (past.identity?.incarnation ?? 0) + 1,
    founds: past.identity?.founds ?? founds,
  };
  await new Promise<void>((resolve, reject) => {
    ledger.commit([{ kind: 'identity', ...identity }], (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return { identity, past };
}

function checkReplicas(past: LedgerSnapshot, replicas: number, queueId: string): void {
  const members = past.views[0]?.view.size ?? past.founding.signed?.members.length;
  if (members === undefined || members === replicas) return;
  throw new TreplicaError(
    'REPLICAS_MISMATCH',
    `The ledger belongs to a group of ${String(members)} processes on ${queueId}, and this process was started for ${String(replicas)} replicas: start it with replicas: ${String(members)}, or with another directory.`,
  );
}
