import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import { acceptDatagram, type FrameTaker } from '../frame/datagram.js';
import { type Frame, type Lane, queueDigest } from '../frame/frame.js';
import { type FrameCarrier, FramedTransport } from '../frame/framed-transport.js';
import { Inbox, type Subscription } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import type { Transport } from '../transport.js';

export interface MemoryTransportOptions extends Subscription {
  readonly maxDatagramBytes?: number;
}

/** Has `action` called after a number of ticks, never before it returns. */
export type Schedule = (action: () => void, delayTicks: number) => void;

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
  /** On the bulk lane, when a part of it has arrived: so many equal ones, in ticks from now. */
  readonly partsAt?: readonly number[];
}

/** The fate of a frame: no copy if it is lost. On the bulk lane loss, repetition and other bytes are against the port. */
type Fate = (passenger: Passenger) => readonly Copy[];

/** Is told of frames under keys. A place is another for each start, and later ones are higher. */
export interface Onlooker {
  sent(frame: Buffer, sending: Sending): void;
  taken(by: ProcessId, port: number, frame: Buffer): void;
  /** The seal of a frame does not fit, as the receiver sees it. */
  unfit(by: ProcessId, frame: Buffer): void;
}

export interface Sending {
  readonly from: ProcessId;
  readonly port: number;
  /** The highest place by now. */
  readonly latestPort: number;
  /** The process at the place that it is sent to; null where it is sent to everyone, or nobody is there. */
  readonly to: ProcessId | null;
}

interface Member {
  readonly self: ProcessId;
  readonly address: Address;
  readonly inbox: Inbox;
}

interface Packet {
  /** Null where it comes from nobody on the network. */
  readonly from: ProcessId | null;
  readonly to: Address;
  readonly lane: Lane;
  readonly bytes: Buffer;
  /** Where it seems to come from. */
  readonly where: Address;
}

/** A network in memory: the transport's frames, lanes and limits, with delays and faults at will. */
export class MemoryNetwork {
  /** By port. */
  readonly #members = new Map<number, Member>();
  #nextPort = 1;

  /** Default of `fate`: everything arrives once, in order and as it was sent. */
  constructor(
    readonly schedule: Schedule,
    readonly fate: Fate = ({ bytes }) => [{ delayTicks: 0, bytes }],
    private readonly onlooker: Onlooker | null = null,
  ) {}

  /** A transport at an address of its own: a process that is started again comes back at another. */
  open(options: MemoryTransportOptions): Transport {
    const { self, maxDatagramBytes = constants.datagramBytesOnLoopback } = options;
    const member = { self, address: { address: 'memory', port: this.#nextPort }, inbox: new Inbox(options) };
    this.#nextPort += 1;
    this.#members.set(member.address.port, member);
    return new FramedTransport(options, member.inbox, this.#wireOf(member, maxDatagramBytes));
  }

  /** Sends any bytes to every process of the queue, as a datagram of a stranger that seems to come from `where`. */
  inject(queueId: string, bytes: Uint8Array, where = STRANGER): void {
    for (const to of this.#addressesOf(queueDigest(queueId))) {
      this.#dispatch({ from: null, to, lane: 'datagram', bytes: Buffer.from(bytes), where });
    }
  }

  #wireOf(from: Member, maxDatagramBytes: number): FrameCarrier {
    const { self, address: where } = from;
    const send = (lane: Lane, bytes: Buffer, to: Address): void => {
      this.#dispatch({ from: self, to, lane, bytes, where });
    };
    return {
      maxDatagramBytes,
      receiveBufferBytes: constants.receiveBufferBytes,
      place: `memory (port ${where.port})`,
      port: where.port,
      multicast: (frame) => {
        const bytes = this.#joined(from, frame);
        for (const to of this.#addressesOf(from.inbox.queue)) {
          if (to !== where) send('datagram', bytes, to);
        }
      },
      unicast: (frame, to) => send('datagram', this.#joined(from, frame, to), to),
      hurry: () => undefined,
      bulk: (frame, to) => {
        from.inbox.statistics.bulkMessagesSent += 1;
        send('bulk', this.#joined(from, frame, to), to);
      },
      smallInBulk: (frame, to) => send('bulk', this.#joined(from, frame, to), to),
      replyInBulk: (frame, to) => send('bulk', this.#joined(from, frame, to), to),
      finder: null,
      beginBulk: () => undefined, // There are no connections.
      close: async () => void this.#members.delete(where.port),
    };
  }

  *#addressesOf(queue: number): Iterable<Address> {
    for (const { address, inbox } of this.#members.values()) if (inbox.queue === queue) yield address;
  }

  #dispatch({ from, to, lane, bytes, where }: Packet): void {
    const receiver = this.#members.get(to.port);
    if (receiver === undefined) return;
    const passenger = { from, to: receiver.self, lane, bytes };
    for (const copy of this.fate(passenger)) {
      // A process that has closed its transport by then is not there any more.
      const inbox = (): Inbox | undefined => this.#members.get(to.port)?.inbox;
      const { delayTicks, partsAt } = copy;
      const partBytes = Math.floor(copy.bytes.length / (partsAt?.length ?? 1));
      const arriving = (): void => inbox()?.arriving(copy.bytes, partBytes);
      if (partsAt !== undefined) for (const at of partsAt) this.schedule(arriving, at);
      this.schedule(() => {
        if (lane === 'bulk' && partsAt === undefined) arriving();
        const there = inbox();
        if (there === undefined) return;
        const taker = this.#taker(to.port, receiver.self, there);
        if (lane === 'bulk') taker.accept(copy.bytes, where, lane);
        else acceptDatagram(copy.bytes, where, taker);
      }, delayTicks);
    }
  }

  /** A copy, as the kernel makes one. */
  #joined({ self, address, inbox }: Member, frame: Frame, where: Address | null = null): Buffer {
    const bytes = Buffer.concat(frame);
    if (this.onlooker !== null && inbox.isUnderKeys) {
      const to = where === null ? null : (this.#members.get(where.port)?.self ?? null);
      this.onlooker.sent(bytes, { from: self, port: address.port, latestPort: this.#nextPort - 1, to });
    }
    return bytes;
  }

  #taker(port: number, self: ProcessId, inbox: Inbox): FrameTaker {
    const { onlooker } = this;
    if (onlooker === null || !inbox.isUnderKeys) return inbox;
    return {
      accept: (bytes, from, lane) => {
        const verdict = inbox.accept(bytes, from, lane);
        if (verdict === 'intact') onlooker.taken(self, port, bytes);
        if (verdict === 'seal') onlooker.unfit(self, bytes);
        return verdict;
      },
    };
  }
}

const STRANGER: Address = { address: 'stranger', port: 0 };
