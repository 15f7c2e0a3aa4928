import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Start } from '../../model/start.js';
import type { Lane } from './frame.js';
import type { LaneMessage } from './lane-messages.js';
import type { Address, Peers } from './peers.js';

/** Where processes are looked for, on a network that does not find them by itself. */
export interface Finder {
  /** At which this process is reached, by both lanes. */
  readonly port: number;
  /** A tick has passed. */
  tick(): void;
  /** The addresses to be knocked at by the bulk lane at this tick: nothing has come from there for a while, by either lane. */
  knocks(): readonly Address[];
  /** The addresses of other processes that all are to be told of at this tick. */
  news(): readonly Address[];
  /** The process at `from` hears another at `address`. Neither has been checked. */
  told(address: Address, from: Address): void;
}

export interface FindingOptions {
  readonly finder: Finder;
  readonly peers: Peers;
  readonly multicast: (message: LaneMessage) => void;
  readonly smallInBulk: (to: Address, message: LaneMessage) => void;
}

/** A process by which a message came. */
export interface Caller {
  readonly from: ProcessId;
  readonly group: GroupId;
  readonly start: Start;
  /** Of the datagram, or of the connection, whose port is no place to be reached at. */
  readonly where: Address;
  readonly lane: Lane;
}

/**
 * Processes find each other by what they are told and by knocking. Whatever their groups, they tell each other of the
 * processes that they hear, and where datagrams do not pass they knock by the bulk lane, which tells where they are reached.
 */
export class Finding {
  readonly #options: FindingOptions;

  constructor(options: FindingOptions) {
    this.#options = options;
  }

  tick(): void {
    const { finder, multicast, smallInBulk } = this.#options;
    finder.tick();
    for (const { address, port } of finder.news()) multicast({ kind: 'neighbour', address, port });
    for (const where of finder.knocks()) smallInBulk(where, { kind: 'knock', port: finder.port, isAnswer: false });
  }

  onKnock({ from, group, start, where, lane }: Caller, port: number, isAnswer: boolean): void {
    if (lane !== 'bulk') return;
    const { finder, peers, smallInBulk } = this.#options;
    const place = { address: where.address, port };
    peers.learnInBulk(from, group, place, start);
    if (!isAnswer) smallInBulk(place, { kind: 'knock', port: finder.port, isAnswer: true });
  }

  onNeighbour({ where }: Caller, address: Address): void {
    this.#options.finder.told(address, where);
  }
}
