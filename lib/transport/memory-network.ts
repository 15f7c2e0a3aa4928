import type { ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { Agenda, type Schedule } from './agenda.js';
import { queueDigest, type Frame } from './frame.js';
import { FramedTransport, type Wire } from './framed-transport.js';
import { Inbox, type Lane, type Subscription } from './inbox.js';
import type { Address } from './peers.js';
import type { Transport, TransportLog } from './transport.js';

export interface MemoryNetworkOptions {
  /** At least 0 and below 1. All that the network leaves to chance comes from here. */
  readonly random: () => number;
  /** Unless given, what is under way waits for `deliverNext` or `deliverAll`. */
  readonly schedule?: Schedule;
  /** Decides in place of `faults`. */
  readonly fate?: Fate;
}

export interface MemoryTransportOptions extends Omit<Subscription, 'log'> {
  readonly log?: TransportLog;
  readonly maxDatagramBytes?: number;
}

/** What may befall a datagram on its way to one receiver. The bulk lane is late alike, but loses and repeats nothing. */
export interface Faults {
  /** Share that gets lost, from 0 to 1. */
  loss: number;
  /** Share that arrives twice, from 0 to 1. */
  duplication: number;
  /** Each takes a time from the one to the other, at random; where they differ, later ones overtake earlier ones. */
  delayTicksMin: number;
  delayTicksMax: number;
}

/** A message that is about to arrive. */
export interface Arrival {
  readonly from: ProcessId;
  readonly to: ProcessId;
  readonly message: Buffer;
}

/** A frame on its way to one receiver. */
export interface Passenger {
  /** Null where it comes from nobody on the network. */
  readonly from: ProcessId | null;
  readonly to: ProcessId;
  readonly lane: Lane;
  readonly bytes: Buffer;
}

/** One arrival of a frame. */
export interface Copy {
  readonly delayTicks: number;
  readonly bytes: Buffer;
}

/** What becomes of a frame: no copy where it is lost. On the bulk lane loss, repetition and other bytes are against the port. */
export type Fate = (passenger: Passenger) => readonly Copy[];

interface Member {
  readonly self: ProcessId;
  readonly address: Address;
  readonly inbox: Inbox;
}

interface Packet {
  /** Null where it comes from nobody on the network. */
  readonly from: Member | null;
  readonly to: Address;
  readonly lane: Lane;
  readonly bytes: Buffer;
}

/**
 * A network in memory: the transport's frames, lanes and limits, with faults at will. Two runs are the same that draw
 * the same random numbers.
 */
export class MemoryNetwork {
  readonly faults: Faults = { loss: 0, duplication: 0, delayTicksMin: 0, delayTicksMax: 0 };
  readonly #random: () => number;
  readonly #schedule: Schedule;
  readonly #fate: Fate;
  readonly #agenda = new Agenda();
  /** By port. */
  readonly #members = new Map<number, Member>();
  readonly #cuts = new Set<string>();
  readonly #isolated = new Set<ProcessId>();
  readonly #filters = new Set<(arrival: Arrival) => boolean>();
  #nextPort = 1;

  constructor({ random, schedule, fate }: MemoryNetworkOptions) {
    this.#random = random;
    this.#schedule = schedule ?? this.#agenda.add;
    this.#fate = fate ?? ((passenger) => this.#befall(passenger));
  }

  /** A transport at an address of its own: a process that is started again comes back at another. */
  open(options: MemoryTransportOptions): Transport {
    const { self, receiver, log = SILENT, maxDatagramBytes = limits.datagramBytesOnLoopback } = options;
    const subscription: Subscription = {
      ...options,
      log,
      receiver: (from, group, message) => {
        if (!this.#isDropped({ from, to: self, message })) receiver(from, group, message);
      },
    };
    const member = { self, address: { address: 'memory', port: this.#nextPort }, inbox: new Inbox(subscription) };
    this.#nextPort += 1;
    this.#members.set(member.address.port, member);
    return new FramedTransport(subscription, member.inbox, this.#wireOf(member, maxDatagramBytes));
  }

  /** From now on nothing passes between the two, not even what is under way. */
  cut(a: ProcessId, b: ProcessId): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** From now on nothing passes from the one to the other, not even what is under way. */
  cutOneWay(from: ProcessId, to: ProcessId): void {
    this.#cuts.add(link(from, to));
  }

  /** From now on nothing passes to or from the process, not even what is under way. */
  isolate(process: ProcessId): void {
    this.#isolated.add(process);
  }

  /** Ends all cuts between the two. */
  mend(a: ProcessId, b: ProcessId): void {
    this.#cuts.delete(link(a, b));
    this.#cuts.delete(link(b, a));
  }

  /** Ends the isolation of the process; links of it that are cut stay so. */
  rejoin(process: ProcessId): void {
    this.#isolated.delete(process);
  }

  /** Ends all cuts and isolations. */
  heal(): void {
    this.#cuts.clear();
    this.#isolated.clear();
  }

  /** From now on messages for which `condition` holds are lost. Returns what ends that. */
  drop(condition: (arrival: Arrival) => boolean): () => void {
    this.#filters.add(condition);
    return () => void this.#filters.delete(condition);
  }

  /** Sends any bytes to every process of the queue, as a datagram of a stranger. */
  inject(queueId: string, bytes: Uint8Array): void {
    for (const to of this.#addressesOf(queueDigest(queueId))) {
      this.#dispatch({ from: null, to, lane: 'datagram', bytes: Buffer.from(bytes) });
    }
  }

  /** Lets what is due first arrive. False where nothing is under way. */
  deliverNext(): boolean {
    return this.#agenda.next();
  }

  /** Lets everything arrive, and what is sent in answer to it. */
  deliverAll(): void {
    while (this.#agenda.next());
  }

  #wireOf(from: Member, maxDatagramBytes: number): Wire {
    return {
      maxDatagramBytes,
      receiveBufferBytes: limits.receiveBufferBytes,
      multicast: (frame) => {
        const bytes = joined(frame);
        for (const to of this.#addressesOf(from.inbox.queue)) {
          if (to !== from.address) this.#dispatch({ from, to, lane: 'datagram', bytes });
        }
      },
      unicast: (frame, to) => this.#dispatch({ from, to, lane: 'datagram', bytes: joined(frame) }),
      bulk: (frame, to) => {
        from.inbox.statistics.bulkMessagesSent += 1;
        this.#dispatch({ from, to, lane: 'bulk', bytes: joined(frame) });
      },
      close: async () => void this.#members.delete(from.address.port),
    };
  }

  *#addressesOf(queue: number): Iterable<Address> {
    for (const { address, inbox } of this.#members.values()) if (inbox.queue === queue) yield address;
  }

  #dispatch({ from, to, lane, bytes }: Packet): void {
    const receiver = this.#members.get(to.port);
    if (receiver === undefined) return;
    const passenger = { from: from?.self ?? null, to: receiver.self, lane, bytes };
    for (const copy of this.#fate(passenger)) {
      this.#schedule(() => this.#arrive({ from, to, lane, bytes: copy.bytes }), copy.delayTicks);
    }
  }

  /** What `faults` say. */
  #befall({ lane, bytes }: Passenger): Copy[] {
    const { loss, duplication, delayTicksMin, delayTicksMax } = this.faults;
    const isDatagram = lane === 'datagram';
    if (isDatagram && this.#random() < loss) return [];
    const copies = isDatagram && this.#random() < duplication ? 2 : 1;
    return Array.from({ length: copies }, () => ({
      delayTicks: delayTicksMin + Math.floor(this.#random() * (delayTicksMax - delayTicksMin + 1)),
      bytes,
    }));
  }

  #arrive({ from, to, lane, bytes }: Packet): void {
    const member = this.#members.get(to.port);
    if (member === undefined) return;
    if (from !== null && this.#isCut(from.self, member.self)) return;
    member.inbox.accept(bytes, from === null ? STRANGER : from.address, lane);
  }

  #isCut(from: ProcessId, to: ProcessId): boolean {
    if (this.#isolated.has(from) || this.#isolated.has(to)) return true;
    return this.#cuts.size > 0 && this.#cuts.has(link(from, to));
  }

  #isDropped(arrival: Arrival): boolean {
    for (const condition of this.#filters) if (condition(arrival)) return true;
    return false;
  }
}

const STRANGER: Address = { address: 'stranger', port: 0 };

const SILENT: TransportLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };

function link(from: ProcessId, to: ProcessId): string {
  return `${from}>${to}`;
}

/** A copy, as the kernel makes one. */
function joined(frame: Frame): Buffer {
  return Buffer.concat(frame);
}
