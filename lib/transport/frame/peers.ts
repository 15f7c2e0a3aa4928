import { constants } from '../../model/constants.js';
import type { GroupId, ProcessId } from '../../model/ids.js';
import { sameStart, type Start } from '../../model/start.js';

/** Where a process is reached: by datagrams and, under the same port, by the bulk lane. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** As URLs have it. */
export function showAddress({ address, port }: Address): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Times are in ticks of the transport. */
export interface Peer {
  /** Of this start of it: another object for each, though its address may be the same. */
  where: Address;
  start: Start;
  group: GroupId;
  /** Heard since the table was last full. */
  isRecent: boolean;
  /** When a datagram of it last came. */
  heardAt: number;
  /** When anything of it last came by the bulk lane. */
  bulkHeardAt: number;
  /** Until then it counts as not hearing datagrams of this process, as it has said. */
  deafUntil: number;
  /** The last time that it was told that its datagrams do not come; null where they do. */
  complaint: Complaint | null;
}

interface Complaint {
  readonly at: number;
  /** How long until the next one. */
  readonly waitTicks: number;
  /** The log has said so. */
  readonly isReported: boolean;
}

/** Which processes are forgotten that are silent. */
export interface Forgetting {
  /** A process counts as silent after so long. */
  readonly silentTicks: number;
  /** It is forgotten after so long. */
  readonly forgottenTicks: number;
  /** So many silent ones are remembered. */
  readonly silentMax: number;
}

/** Datagrams of so long ago still tell where a process is. */
const HEARD_TICKS = 150;

/** The other processes of a queue, as their frames have made them known. An id may change its address: the latest counts. */
export class Peers {
  nowTick = 0;
  /** Another number whenever a process has been learnt or forgotten, or its address has changed. */
  version = 0;
  readonly #peers = new Map<ProcessId, Peer>();
  #kept: ReadonlySet<ProcessId> = new Set();

  /** These are not forgotten, however long they are silent; others are again. */
  keep(processes: Iterable<ProcessId>): void {
    this.#kept = new Set(processes);
  }

  learn(id: ProcessId, group: GroupId, where: Address, start: Start): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) {
      // A process that finds no room is learnt with a later frame.
      if (this.#peers.size >= constants.peersMax) this.#forget();
      if (this.#peers.size >= constants.peersMax) return;
      this.version += 1;
      const { nowTick: heardAt } = this;
      this.#peers.set(id, {
        ...{ where, start, group, isRecent: true, heardAt, bulkHeardAt: -Infinity },
        ...{ deafUntil: -Infinity, complaint: null },
      });
      return;
    }
    const isThere = peer.where.port === where.port && peer.where.address === where.address;
    if (!isThere || !sameStart(peer.start, start)) {
      peer.where = where;
      this.version += 1;
    }
    peer.start = start;
    peer.group = group;
    peer.isRecent = true;
    peer.heardAt = this.nowTick;
  }

  /** Something of a process has come by the bulk lane, from an address that says nothing of where it is reached. */
  heardInBulk(id: ProcessId, group: GroupId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.isRecent = true;
    peer.group = group;
    peer.bulkHeardAt = this.nowTick;
  }

  /** A process has told by the bulk lane where it is reached, which counts as long as no datagram of it comes from elsewhere. */
  learnInBulk(id: ProcessId, group: GroupId, where: Address, start: Start): void {
    const heardAt = this.#peers.get(id)?.heardAt ?? -Infinity;
    if (this.nowTick - heardAt < HEARD_TICKS) return;
    this.learn(id, group, where, start);
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.heardAt = heardAt;
    peer.bulkHeardAt = this.nowTick;
  }

  find(id: ProcessId): Peer | undefined {
    return this.#peers.get(id);
  }

  /** When anything of a process last came, by either lane. */
  heardAt(id: ProcessId): number {
    const peer = this.#peers.get(id);
    return peer === undefined ? -Infinity : Math.max(peer.heardAt, peer.bulkHeardAt);
  }

  /** Forgets those that have not been heard for so long, and beyond so many that are silent those that are longest. */
  forgetSilent({ silentTicks, forgottenTicks, silentMax }: Forgetting): void {
    const silent: { readonly id: ProcessId; readonly ticks: number }[] = [];
    for (const [id, { heardAt, bulkHeardAt }] of this.#peers) {
      const ticks = this.nowTick - Math.max(heardAt, bulkHeardAt);
      if (ticks >= silentTicks && !this.#kept.has(id)) silent.push({ id, ticks });
    }
    silent.sort((a, b) => a.ticks - b.ticks);
    const forgotten = silent.filter(({ ticks }, i) => ticks >= forgottenTicks || i >= silentMax);
    for (const { id } of forgotten) this.#peers.delete(id);
    if (forgotten.length > 0) this.version += 1;
  }

  /** Forgets the processes that have not been heard since the table was last full: members are heard all the time, or kept. */
  #forget(): void {
    for (const [id, peer] of this.#peers) {
      if (!peer.isRecent && !this.#kept.has(id)) this.#peers.delete(id);
      peer.isRecent = false;
    }
  }

  addressOf(id: ProcessId): Address | undefined {
    return this.#peers.get(id)?.where;
  }

  all(): Iterable<readonly [ProcessId, Peer]> {
    return this.#peers;
  }

  /** The processes whose latest frame carried `group`. */
  *in(group: GroupId): Iterable<readonly [ProcessId, Peer]> {
    for (const entry of this.#peers) if (entry[1].group === group) yield entry;
  }
}
