import { constants } from '../../model/constants.js';
import { type GroupId, NO_GROUP, type ProcessId } from '../../model/ids.js';
import { sameStart, type Start } from '../../model/start.js';
import {
  type Arrival,
  type Destination,
  EVERYONE,
  type RoundTripTicks,
  type Transport,
  type TransportStatistics,
} from '../transport.js';
import { type AdmissionMessage, encodeAdmission, NO_PROOF } from './admission-messages.js';
import type { Finder } from './finding.js';
import { type Frame, FRAME_BYTES_MAX, framedBytes, type Lane } from './frame.js';
import { FrameEncoder, type LargeFrame } from './frame-encoder.js';
import type { Inbox, Subscription } from './inbox.js';
import type { KeyRing } from './key-ring.js';
import { Lanes } from './lanes.js';
import { MessagePacker } from './message-packer.js';
import { type Address, type Peer, showAddress } from './peers.js';

/**
 * The carrier of frames: UDP and TCP, or memory. Brings arriving frames in through the inbox, counts in its statistics
 * those that it could not send. Must not block, must not throw, and must not call the inbox before it has returned.
 */
export interface FrameCarrier {
  readonly maxDatagramBytes: number;
  readonly receiveBufferBytes: number;
  /** As `Transport.place`. */
  readonly place: string;
  /** At which this process is reached, by both lanes. */
  readonly port: number;
  /** A datagram to everyone; it may come back to this process. */
  multicast(frame: Frame): void;
  /** One datagram to one process. */
  unicast(frame: Frame, to: Address): void;
  /** Datagrams that wait, to share one with those of other queues, leave now. */
  hurry(): void;
  /** A frame of any size to one process, reliably while the connection lasts. */
  bulk(frame: Frame, to: Address): void;
  /** The same for a frame that would fit a datagram: it does not wait behind large ones. */
  smallInBulk(frame: Frame, to: Address): void;
  /** The same for a reply to a start that may not be there. */
  replyInBulk(frame: Frame, to: Address): void;
  /** From now on each connection of the bulk lane that is opened begins with a frame that `first` makes. */
  beginBulk(first: () => Frame): void;
  /** Null where the network finds all processes. */
  readonly finder: Finder | null;
  close(): Promise<void>;
}

/** The transport above any wire: gathering, addressing and the choice of the lane are the same over UDP and in memory. */
export class FramedTransport implements Transport {
  readonly #self: ProcessId;
  readonly #inbox: Inbox;
  readonly #wire: FrameCarrier;
  readonly #encoder: FrameEncoder;
  readonly #packer: MessagePacker;
  readonly #lanes: Lanes;
  #group = NO_GROUP;
  /** What was last said to everyone, and when. */
  #said: readonly Uint8Array[] = [];
  #saidAt = 0;
  /** Under a key: what asks to be met. */
  #opening: Uint8Array | null = null;
  #closing: Promise<void> | null = null;

  /** Opens the inbox: from now on messages arrive. */
  constructor({ queueId, self, start, keys = null }: Subscription, inbox: Inbox, wire: FrameCarrier) {
    this.#self = self;
    this.#inbox = inbox;
    this.#wire = wire;
    this.#encoder = new FrameEncoder(queueId, self, start, keys);
    const { headerBytes } = this.#encoder;
    this.#packer = new MessagePacker(wire.maxDatagramBytes, headerBytes, (to, messages) =>
      this.#sendDatagram(to, messages),
    );
    this.#lanes = this.#newLanes();
    if (keys === null) inbox.open(this.#lanes);
    else this.#openUnder(keys);
  }

  get statistics(): Readonly<TransportStatistics> {
    return this.#inbox.statistics;
  }

  get maxMessageBytes(): number {
    return this.#packer.maxMessageBytes;
  }

  get maxBurstBytes(): number {
    return Math.max(this.#packer.maxMessageBytes, constants.burstBytesMax);
  }

  get receiveBufferBytes(): number {
    return this.#wire.receiveBufferBytes;
  }

  get place(): string {
    return this.#wire.place;
  }

  send(to: Destination, message: Uint8Array): void {
    if (this.#closing !== null) return;
    if (this.#packer.fits(message)) this.#packer.add(to, message);
    else if (message.length <= constants.burstBytesMax && this.#mayBurst(to))
      for (const fragment of this.#lanes.burst(message)) this.#packer.add(to, fragment);
    else this.#sendBulk(to, message);
  }

  /** Only processes of one group put fragments together. */
  #mayBurst(to: Destination): boolean {
    if (this.#group === NO_GROUP) return false;
    if (to === EVERYONE) return true;
    const peer = this.#inbox.peers.find(to);
    return peer?.group === this.#group && !this.#lanes.isDeaf(peer);
  }

  flush(): void {
    if (this.#closing === null) this.#packer.flush();
  }

  hurry(): void {
    this.#wire.hurry();
  }

  tick(): void {
    if (this.#closing === null) this.#lanes.tick();
  }

  bytesOnTheirWay(to: ProcessId): number {
    return this.#lanes.bytesTo(to);
  }

  ticksSinceHeard(process: ProcessId): number {
    const { peers } = this.#inbox;
    return peers.nowTick - peers.heardAt(process);
  }

  addressOf(process: ProcessId, start?: Start): string | null {
    const peer = this.#inbox.peers.find(process);
    if (peer === undefined || (start !== undefined && !sameStart(peer.start, start))) return null;
    return showAddress(peer.where);
  }

  takeArrivals(): readonly Arrival[] {
    return this.#lanes.takeArrivals();
  }

  takeRoundTrips(): readonly RoundTripTicks[] {
    return this.#lanes.takeRoundTrips();
  }

  keep(processes: readonly ProcessId[]): void {
    this.#inbox.peers.keep(processes);
  }

  join(group: GroupId): void {
    this.flush();
    this.#lanes.join(group);
    this.#group = group;
    this.#encoder.join(group);
  }

  close(): Promise<void> {
    this.#inbox.shut();
    this.#closing ??= this.#wire.close();
    return this.#closing;
  }

  #newLanes(): Lanes {
    const { peers, statistics, log } = this.#inbox;
    return new Lanes({
      maxMessageBytes: this.#packer.maxMessageBytes,
      ...{ peers, statistics, log },
      add: (to, message) => {
        if (this.#closing === null) this.#packer.add(to ?? EVERYONE, message);
      },
      flush: () => {
        this.flush();
      },
      bulk: (to, frame) => {
        const where = peers.addressOf(to);
        if (where !== undefined) this.#wire.bulk(frame, where);
      },
      smallInBulk: (where, messages) => {
        this.#leave(where, null, 'bulk', messages);
      },
      finder: this.#wire.finder,
      deliver: (from, group, message, start) => {
        this.#inbox.deliver(from, group, message, start);
      },
      accept: (from, frame) => {
        const where = peers.addressOf(from);
        return where !== undefined && this.#inbox.accept(frame, where, 'bulk', from) === 'intact';
      },
    });
  }

  /** Starts meet before anything else counts: the others are asked at once to hear this one. */
  #openUnder(keys: KeyRing): void {
    const { port } = this.#wire;
    const messageOf = (kind: AdmissionMessage['kind'], proof: Uint8Array): Uint8Array =>
      encodeAdmission({ kind, port, proof });
    const opening = messageOf('opening', NO_PROOF);
    this.#opening = opening;
    // What was said to everyone before somebody could hear it may not be said again for a while.
    const tellNews = (where: Address, lane: Lane): void => {
      if (this.#inbox.peers.nowTick - this.#saidAt <= NEWS_TICKS) this.#leave(where, null, lane, this.#said);
    };
    this.#wire.beginBulk(() => this.#encoder.encode([opening], 'bulk'));
    this.#inbox.open(this.#lanes, {
      secret: this.#encoder.secretUnder(keys),
      reply: ({ process, where, lane, keyId }, kind, proof) => {
        // What stood before in the same frame may have removed its key.
        if (this.#closing !== null || !keys.has(keyId)) return;
        const frame = this.#encoder.encode([messageOf(kind, proof)], lane, process, keyId);
        if (lane === 'bulk') this.#wire.replyInBulk(frame, where);
        else this.#sendTo(where, frame);
      },
      admitted: (where, lane) => {
        this.#leave(where, null, lane, [opening]);
        tellNews(where, lane);
      },
      isUnheardBy: (process, where, lane) => {
        this.#lanes.isUnheardBy(process);
        tellNews(where, lane);
      },
    });
    this.#sendDatagram(EVERYONE, [opening]);
  }

  /** `to` is null where it is not known who is there, or the same has been said to everyone. */
  #leave(where: Address, to: ProcessId | null, lane: Lane, messages: readonly Uint8Array[]): void {
    if (this.#closing !== null) return;
    const frame = this.#frameOf(messages, lane, to);
    if (lane === 'bulk') this.#wire.smallInBulk(frame, where);
    else this.#sendTo(where, frame);
  }

  #sendTo(where: Address, frame: Frame): void {
    this.#inbox.statistics.datagramsSent += 1;
    this.#wire.unicast(frame, where);
  }

  #sendDatagram(to: Destination, messages: readonly Uint8Array[]): void {
    const { statistics, peers } = this.#inbox;
    if (to === EVERYONE) {
      statistics.datagramsSent += 1;
      this.#wire.multicast(this.#frameOf(messages, 'datagram', null));
      this.#lanes.multicast(messages);
      this.#said = messages;
      this.#saidAt = peers.nowTick;
      return;
    }
    const peer = peers.find(to);
    if (peer === undefined) {
      statistics.unsent += 1;
      return;
    }
    this.#leave(peer.where, to, this.#lanes.isDeaf(peer) ? 'bulk' : 'datagram', messages);
  }

  /** Under a key no frame is so short that it could not be challenged. */
  #frameOf(messages: readonly Uint8Array[], lane: Lane, to: ProcessId | null): Frame {
    const opening = this.#opening;
    if (opening === null) return this.#encoder.encode(messages, lane, to);
    const isShort = messages.reduce((sum, message) => sum + framedBytes(message), 0) < framedBytes(opening);
    return this.#encoder.encode(isShort ? [...messages, opening] : messages, lane, to);
  }

  #sendBulk(to: Destination, message: Uint8Array): void {
    const { statistics, peers, log } = this.#inbox;
    if (this.#encoder.headerBytes + framedBytes(message) > FRAME_BYTES_MAX) {
      statistics.unsent += 1;
      log.warn(
        { process: this.#self, bytes: message.length },
        `A message of ${message.length} bytes was dropped: no frame is longer than ${FRAME_BYTES_MAX} bytes. Send it in parts.`,
      );
      return;
    }
    const frame = this.#encoder.encodeLarge(message, to === EVERYONE ? null : to);
    if (to === EVERYONE) {
      for (const [id, peer] of peers.in(this.#group)) this.#sendFrame(id, peer, frame, true);
      return;
    }
    const peer = peers.find(to);
    if (peer === undefined) statistics.unsent += 1;
    else this.#sendFrame(to, peer, frame, false);
  }

  /** Only processes of one group confirm what they get. */
  #sendFrame(to: ProcessId, { group, where }: Peer, frame: LargeFrame, isForEveryone: boolean): void {
    if (group === this.#group && group !== NO_GROUP) this.#lanes.send(to, where, frame, isForEveryone);
    else this.#wire.bulk(frame.frame(), where);
  }
}

/** What was last said to everyone is said once more, if it is no older, to a process that did not hear it. */
const NEWS_TICKS = 10;
