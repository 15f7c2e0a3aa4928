import type { Inbox } from '../frame/inbox.js';
import { Endpoint } from './endpoint.js';

/** An endpoint of the process, and the inboxes of the queues that receive through it. */
interface Shared {
  /** That its sockets are bound to. */
  readonly address: string;
  /** That was asked for; null where the kernel has chosen it. */
  readonly port: number | null;
  readonly inboxes: Map<number, Inbox>;
  readonly opened: Promise<Endpoint>;
}

const pool = new Set<Shared>();

/** A queue's part in an endpoint. */
export interface Lease {
  readonly endpoint: Endpoint;
  /** The last one to give its part back closes the endpoint. */
  release(): Promise<void>;
}

/**
 * A part in the endpoint of this process at `address`, which is opened for the first; on `port` unless that is null. One that
 * serves the queue already cannot serve it twice, for a datagram does not say which process it is for: a second replica in one
 * process gets another.
 * @throws TreplicaError PORT_IN_USE, NETWORK.
 */
export async function leaseEndpoint(address: string, port: number | null, inbox: Inbox): Promise<Lease> {
  const suits = (one: Shared): boolean =>
    one.address === address && (port === null || port === one.port) && !one.inboxes.has(inbox.queue);
  const shared = [...pool].find(suits) ?? open(address, port, inbox);
  shared.inboxes.set(inbox.queue, inbox);

  const release = async (): Promise<void> => {
    shared.inboxes.delete(inbox.queue);
    if (shared.inboxes.size > 0) return;
    pool.delete(shared);
    await (await shared.opened).close();
  };
  try {
    return { endpoint: await shared.opened, release };
  } catch (error) {
    pool.delete(shared);
    throw error;
  }
}

function open(address: string, port: number | null, { log }: Inbox): Shared {
  const inboxes = new Map<number, Inbox>();
  const shared = { address, port, inboxes, opened: Endpoint.open(address, port, inboxes, log) };
  pool.add(shared);
  return shared;
}
