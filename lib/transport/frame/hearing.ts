import { type GroupId, NO_GROUP, type ProcessId } from '../../model/ids.js';
import type { TransportLog } from '../transport.js';
import type { LaneMessage } from './lane-messages.js';
import type { Address, Peer, Peers } from './peers.js';

export interface HearingOptions {
  readonly peers: Peers;
  /** Whether it matters between all processes of the queue that one does not hear another, and not only within a group. */
  readonly isForAll: boolean;
  /** By datagram and by the bulk lane. */
  readonly tellByBoth: (to: ProcessId, message: LaneMessage) => void;
  readonly multicast: (message: LaneMessage) => void;
  readonly log: TransportLog;
}

/** A process that has multicast nothing for so long says that it is there. */
const HERE_TICKS = 50;
/** Without a datagram for so long a process is told that it is not heard. */
const UNHEARD_TICKS = 150;
/** It is told again after so long, as long as it lives; where nothing is heard of it at all, at growing intervals. */
const COMPLAINT_TICKS = 100;
const COMPLAINT_TICKS_MAX = 3_000;
/** Such a message counts for so long. */
const DEAF_TICKS = 300;
/** Silence is looked for as often. */
const LOOK_TICKS = 10;

/**
 * The processes that datagrams reach, and those that they do not. A process that hears no datagram of another tells it so, by
 * both lanes, for as long as that lasts; the other then sends small messages by the bulk lane as well.
 */
export class Hearing {
  readonly #options: HearingOptions;
  #multicastAt = 0;
  /** When the last process that hears no datagrams ceases to count as such. */
  #deafUntil = -Infinity;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** Something has been multicast. */
  spoke(): void {
    this.#multicastAt = this.#options.peers.nowTick;
  }

  /** A process says that it hears no datagrams of this one. */
  onDeaf(from: ProcessId): void {
    const { peers, log } = this.#options;
    const peer = peers.find(from);
    if (peer === undefined) return;
    if (peer.deafUntil < peers.nowTick)
      log.warn(
        { process: from },
        `Process ${from} hears no datagrams of this one: what is small goes to it by TCP. Check that UDP reaches it from here.`,
      );
    peer.deafUntil = peers.nowTick + DEAF_TICKS;
    this.#deafUntil = peer.deafUntil;
  }

  isDeaf(peer: Peer): boolean {
    return peer.deafUntil >= this.#options.peers.nowTick;
  }

  /** The addresses of the processes that do not hear multicast messages of one in `group`. */
  deafIn(group: GroupId): readonly Address[] {
    if (this.#deafUntil < this.#options.peers.nowTick) return [];
    return [...this.#concerned(group)].filter(([, peer]) => this.isDeaf(peer)).map(([, { where }]) => where);
  }

  tick(group: GroupId): void {
    const { peers, multicast } = this.#options;
    if (group !== NO_GROUP && peers.nowTick - this.#multicastAt >= HERE_TICKS) multicast({ kind: 'here' });
    if (peers.nowTick % LOOK_TICKS === 0) for (const [id, peer] of this.#concerned(group)) this.#look(id, peer);
  }

  #concerned(group: GroupId): Iterable<readonly [ProcessId, Peer]> {
    const { peers, isForAll } = this.#options;
    if (isForAll) return peers.all();
    return group === NO_GROUP ? [] : peers.in(group);
  }

  #look(id: ProcessId, peer: Peer): void {
    const { peers, tellByBoth, log } = this.#options;
    const { nowTick } = peers;
    if (nowTick - peer.heardAt < UNHEARD_TICKS) {
      peer.complaint = null;
      return;
    }
    const livesByBulk = nowTick - peer.bulkHeardAt < UNHEARD_TICKS + DEAF_TICKS;
    const last = peer.complaint;
    if (last !== null && nowTick - last.at < (livesByBulk ? COMPLAINT_TICKS : last.waitTicks)) return;
    if (livesByBulk && last?.isReported !== true)
      log.warn(
        { process: id },
        `No datagrams of process ${id} come, although it lives: it is asked to send by TCP what is small. Check that UDP reaches this process from there.`,
      );
    tellByBoth(id, { kind: 'deaf' });
    peer.complaint = {
      at: nowTick,
      waitTicks: last === null ? COMPLAINT_TICKS : Math.min(2 * last.waitTicks, COMPLAINT_TICKS_MAX),
      isReported: livesByBulk || last?.isReported === true,
    };
  }
}
