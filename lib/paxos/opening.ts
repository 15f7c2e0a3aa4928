import type { Ledger } from '../ledger/ledger.js';
import { refuted } from '../ledger/ledger-errors.js';
import { isDamage, TreplicaError } from '../model/errors.js';
import { latestOf } from '../model/view.js';
import type { QueueEventOf } from '../queue/events.js';
import type { Base } from './base.js';
import { type ClaimedIdentity, claimIdentity, type IdentityOptions } from './identity.js';
import { readBase } from './recovery/checkpoint-contents.js';

export interface LedgerPorts {
  readonly openLedger: () => Ledger;
  /** Keeps a ledger that is damaged, and cannot be opened, in another place. Returns where. */
  readonly setLedgerAside: () => string;
  /** Whether that has ever been done. */
  readonly hasSetAside: () => boolean;
}

/** The ledger, and this process's identity in it. */
export interface Opened {
  readonly ledger: Ledger;
  readonly claimed: ClaimedIdentity;
}

/**
 * The ledger and this process's identity in it. If its data, and perhaps votes, are damaged, the process has lost its identity:
 * with `recover` it keeps the damaged files and begins under a new id, which may join a group but not found one.
 */
export async function openLedger(
  queueId: string,
  { replicas, recover }: { readonly replicas: number; readonly recover?: boolean },
  ports: LedgerPorts,
  { settings, randomBytes }: Pick<IdentityOptions, 'settings' | 'randomBytes'>,
  notify: (event: QueueEventOf<'set-aside'>) => void,
): Promise<Opened> {
  const group = { settings, replicas, queueId, randomBytes };
  try {
    return await takeUp(ports, group, recover === true);
  } catch (error) {
    if (recover !== true || !(isDamage(error) || hasLostVotes(error))) throw error;
    const kept = ports.setLedgerAside();
    notify({ kind: 'set-aside', cause: isDamage(error) ? 'damaged' : 'votes-lost', error, kept });
    return takeUp(ports, group, true);
  }
}

/**
 * The end of the local checkpoint. Both are null if there is none; if it is damaged or refuted, `loss` says why.
 * @throws TreplicaError LEDGER_DAMAGED where it is damaged and neither the log nor another process can replace it
 */
export async function baseOf(
  { ledger, claimed: { past, identity } }: Opened,
  queueId: string,
): Promise<{ readonly base: Base | null; readonly loss: TreplicaError | null }> {
  if (past.verdict !== null) return { base: null, loss: refuted(past.verdict, queueId) };
  if (past.checkpoint === null) return { base: null, loss: null };
  try {
    return { base: await readBase(ledger, past.checkpoint), loss: null };
  } catch (error) {
    const isAlone = latestOf(past.views)?.members.every((member) => member === identity.process) ?? false;
    if (!isDamage(error) || (isAlone && past.start > 0)) throw error;
    return { base: null, loss: error };
  }
}

async function takeUp(ports: LedgerPorts, group: Omit<IdentityOptions, 'founds'>, recover: boolean): Promise<Opened> {
  const ledger = ports.openLedger();
  try {
    const claimed = await claimIdentity(ledger, { ...group, founds: !ports.hasSetAside() });
    if (!claimed.identity.founds && claimed.past.views.length === 0 && !recover) throw mayOnlyFollow(group.queueId);
    return { ledger, claimed };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

function hasLostVotes(error: unknown): boolean {
  return error instanceof TreplicaError && error.code === 'VOTES_LOST';
}

/** For a process whose earlier ledger was set aside, and whose options do not let it join as an observer. */
function mayOnlyFollow(queueId: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_DAMAGED',
    `An earlier ledger of this directory was set aside because it was damaged, and votes may have been lost with it: this process may not found a group on ${queueId}, only join one without a vote. Start it with recover: true so that it joins, or give it an empty directory if the earlier group is gone for good.`,
  );
}
