import type { GroupId, ProcessId } from '../model/ids.js';

/** Where a process is reached: by datagrams and, under the same port, by the bulk lane. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

interface Peer {
  where: Address;
  group: GroupId;
}

/** The other processes of a queue, as their frames have made them known. An id may change its address: the latest counts. */
export class Peers {
  readonly #peers = new Map<ProcessId, Peer>();

  learn(id: ProcessId, group: GroupId, where: Address): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) {
      this.#peers.set(id, { where, group });
      return;
    }
    if (peer.where.port !== where.port || peer.where.address !== where.address) peer.where = where;
    peer.group = group;
  }

  addressOf(id: ProcessId): Address | undefined {
    return this.#peers.get(id)?.where;
  }

  /** Addresses of the processes whose latest frame carried `group`. */
  *addressesIn(group: GroupId): Iterable<Address> {
    for (const peer of this.#peers.values()) if (peer.group === group) yield peer.where;
  }
}
