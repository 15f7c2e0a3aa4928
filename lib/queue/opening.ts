import type { Logger } from 'pino';
import type { Ledger } from '../ledger/ledger.js';
import { TreplicaError } from '../model/errors.js';
import type { Base } from './delivery.js';
import { takeIdentity, type Taken } from './identity.js';
import { readBase } from './recovery.js';

export interface LedgerPorts {
  readonly openLedger: () => Ledger;
  /** Keeps a ledger that is damaged, and cannot be opened, in another place. Returns where. */
  readonly setLedgerAside: () => string;
  /** Whether that has ever been done. */
  readonly hasSetAside: () => boolean;
}

/** The ledger, and who this process is in it. */
export interface Opened {
  readonly ledger: Ledger;
  readonly taken: Taken;
}

/**
 * The ledger and who this process is in it. Where what it held is damaged, and with it perhaps votes, the process is nobody
 * any more: with `recover` it keeps the damaged files and begins anew, as somebody who may join a group and not found one.
 */
export async function openLedger(
  queueId: string,
  { replicas, recover }: { readonly replicas: number; readonly recover?: boolean },
  ports: LedgerPorts,
  log: Logger,
): Promise<Opened> {
  try {
    return await takeUp(ports, { replicas, queueId });
  } catch (error) {
    if (recover !== true || !isDamage(error)) throw error;
    const kept = ports.setLedgerAside();
    log.error({ err: error, queue: queueId, kept }, 'the ledger is damaged: this process comes back under a new id');
    return takeUp(ports, { replicas, queueId });
  }
}

/**
 * Where the local checkpoint ends. Both are null where there is none; where it is damaged, `loss` says why.
 * @throws TreplicaError LEDGER_DAMAGED where it is damaged and neither the log nor another process can replace it
 */
export async function baseOf({
  ledger,
  taken: { past },
}: Opened): Promise<{ readonly base: Base | null; readonly loss: TreplicaError | null }> {
  if (past.checkpoint === null) return { base: null, loss: null };
  try {
    return { base: await readBase(ledger, past.checkpoint), loss: null };
  } catch (error) {
    const isAlone = past.views.at(-1)?.view.size === 1;
    if (!isDamage(error) || (isAlone && past.start > 0)) throw error;
    return { base: null, loss: error };
  }
}

async function takeUp(
  ports: LedgerPorts,
  group: { readonly replicas: number; readonly queueId: string },
): Promise<Opened> {
  const ledger = ports.openLedger();
  try {
    return { ledger, taken: await takeIdentity(ledger, { ...group, founds: !ports.hasSetAside() }) };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

function isDamage(error: unknown): error is TreplicaError {
  return error instanceof TreplicaError && error.code === 'LEDGER_DAMAGED';
}
