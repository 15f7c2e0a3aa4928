import { type GroupId, NO_GROUP, type ProcessId } from '../../model/ids.js';
import type { Start } from '../../model/start.js';
import type { Arrival, RoundTripTicks, TransportLog, TransportStatistics } from '../transport.js';
import { IncomingBursts, OutgoingBursts } from './bursts.js';
import { type Caller, type Finder, Finding } from './finding.js';
import { type Frame, frameIdOf } from './frame.js';
import type { LargeFrame } from './frame-encoder.js';
import { Hearing } from './hearing.js';
import { Intake } from './intake.js';
import {
  decodeLaneMessage,
  encodeLaneMessage,
  type Fragment,
  fragmentBytesOf,
  type LaneMessage,
  partBytesOf,
} from './lane-messages.js';
import type { Address, Peer, Peers } from './peers.js';
import { RoundTrips } from './round-trips.js';
import { Sendings } from './sendings.js';

export interface LanesOptions {
  /** The largest message that fits a datagram. */
  readonly maxMessageBytes: number;
  readonly peers: Peers;
  /** Adds a small message to the next datagram to one process, or to everyone where that is null. */
  readonly add: (to: ProcessId | null, message: Uint8Array) => void;
  readonly flush: () => void;
  readonly bulk: (to: ProcessId, frame: Frame) => void;
  /** By the bulk lane, and not behind large messages. */
  readonly smallInBulk: (to: Address, messages: readonly Uint8Array[]) => void;
  /** Null where the network finds all processes. */
  readonly finder: Finder | null;
  /** A frame has been put together from parts. False where it is no good. */
  readonly accept: (from: ProcessId, frame: Buffer) => boolean;
  /** A message has been put together from fragments. */
  readonly deliver: (from: ProcessId, group: GroupId, message: Buffer, start: Start) => void;
  readonly statistics: TransportStatistics;
  readonly log: TransportLog;
}

/**
 * A message that one lane does not deliver goes by the other: a large message in parts, by datagrams, and a small one by the
 * bulk lane. Processes of one group settle that between them; no other process is heard.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #sendings: Sendings;
  readonly #intake: Intake;
  readonly #hearing: Hearing;
  readonly #outgoing: OutgoingBursts;
  readonly #incoming: IncomingBursts;
  readonly #finding: Finding | null;
  readonly #roundTrips: RoundTrips;
  #group = NO_GROUP;

  constructor(options: LanesOptions) {
    this.#options = options;
    const { peers, log, statistics, add, flush, bulk, accept, smallInBulk, maxMessageBytes, finder } = options;
    const partBytes = partBytesOf(maxMessageBytes);
    const tell = (to: ProcessId, message: LaneMessage): void => {
      this.#tell(to, message);
    };
    const multicast = (message: LaneMessage): void => {
      add(null, encodeLaneMessage(message));
    };
    const roundTrips = new RoundTrips({ peers, tell, multicast });
    const roundTripTo = (process: ProcessId): number => roundTrips.to(process);
    this.#roundTrips = roundTrips;
    this.#sendings = new Sendings({
      heardAt: (process) => peers.heardAt(process),
      whereIs: (process) => peers.addressOf(process),
      ...{ partBytes, roundTripTo, tell, flush, bulk, statistics, log },
    });
    this.#outgoing = new OutgoingBursts(fragmentBytesOf(maxMessageBytes));
    this.#incoming = new IncomingBursts(tell, roundTripTo);
    const tellInBulk = (to: Address, message: LaneMessage): void => {
      smallInBulk(to, [encodeLaneMessage(message)]);
    };
    this.#intake = new Intake({ roundTripTo, tell, accept, log });
    this.#hearing = new Hearing({
      ...{ peers, multicast, log },
      isForAll: finder !== null,
      tellByBoth: (to, message) => {
        tell(to, message);
        const where = peers.addressOf(to);
        if (where !== undefined) tellInBulk(where, message);
      },
    });
    this.#finding = finder === null ? null : new Finding({ finder, peers, multicast, smallInBulk: tellInBulk });
  }

  join(group: GroupId): void {
    this.#group = group;
  }

  tick(): void {
    this.#options.peers.nowTick += 1;
    if (this.#group !== NO_GROUP) this.#roundTrips.tick();
    this.#hearing.tick(this.#group);
    this.#sendings.tick();
    this.#intake.tick();
    this.#outgoing.tick();
    this.#incoming.tick();
    this.#finding?.tick();
    this.#options.flush();
  }

  /** A large frame, for one process alone or as one of all. */
  send(to: ProcessId, where: Address, frame: LargeFrame, isForEveryone: boolean): void {
    this.#sendings.send(to, where, frame, isForEveryone);
  }

  /** A message that does not fit a datagram, as small messages that do, all of which are to be sent. */
  *burst(message: Uint8Array): Iterable<Uint8Array> {
    for (const fragment of this.#outgoing.fragmentsOf(message)) yield encodeLaneMessage(fragment);
  }

  /** A process does not hear this one yet, and has not heard what it was sent. */
  isUnheardBy(process: ProcessId): void {
    this.#sendings.drop(process);
  }

  bytesTo(to: ProcessId): number {
    return this.#sendings.bytesTo(to);
  }

  takeArrivals(): readonly Arrival[] {
    return this.#intake.takeArrivals();
  }

  takeRoundTrips(): readonly RoundTripTicks[] {
    return this.#roundTrips.take();
  }

  /** Messages have been multicast: processes that do not hear multicast get them by the bulk lane. */
  multicast(messages: readonly Uint8Array[]): void {
    this.#hearing.spoke();
    for (const where of this.#hearing.deafIn(this.#group)) this.#options.smallInBulk(where, messages);
  }

  /** Whether datagrams do not reach a process. */
  isDeaf(peer: Peer): boolean {
    return this.#hearing.isDeaf(peer);
  }

  /** Bytes of a frame, whose header is at the beginning of `header`, have come by the bulk lane, and perhaps not all of it. */
  onBulkBytes(from: ProcessId, header: Buffer, frameBytes: number, bytes: number): void {
    if (frameBytes > SMALL_BYTES_MAX && this.#options.peers.find(from)?.group === this.#group)
      this.#intake.onBulkBytes(from, frameIdOf(header), bytes);
  }

  /** A frame has come by the bulk lane, or been put together. */
  onBulkFrame(from: ProcessId, group: GroupId, frame: Buffer): void {
    if (frame.length <= SMALL_BYTES_MAX || !this.#concernsUs(group)) return;
    this.#intake.onFrame(from, frameIdOf(frame));
    this.#options.flush();
  }

  onMessage(caller: Caller, bytes: Buffer): void {
    const { from, group, start } = caller;
    const concernsUs = this.#concernsUs(group);
    if (!concernsUs && this.#finding === null) return;
    const message = decodeLaneMessage(bytes);
    if (message === null || this.#hasFound(caller, message) || !concernsUs) return;
    if (message.kind === 'fragment') {
      const whole = this.#incoming.take(from, start, message);
      if (whole !== null) this.#options.deliver(from, group, whole, start);
      return;
    }
    this.#on(from, message);
    this.#options.flush();
  }

  /** Whether it was about where processes are, and what they hear: that counts between all of a queue. */
  #hasFound(caller: Caller, message: LaneMessage): boolean {
    if (this.#finding === null) return false;
    switch (message.kind) {
      case 'knock':
        this.#finding.onKnock(caller, message.port, message.isAnswer);
        return true;
      case 'neighbour':
        this.#finding.onNeighbour(caller, message);
        return true;
      case 'deaf':
        this.#hearing.onDeaf(caller.from);
        return true;
      default:
        return false;
    }
  }

  #tell(to: ProcessId, message: LaneMessage): void {
    this.#options.add(to, encodeLaneMessage(message));
  }

  #concernsUs(group: GroupId): boolean {
    return group === this.#group && group !== NO_GROUP;
  }

  #on(from: ProcessId, message: Exclude<LaneMessage, Fragment>): void {
    switch (message.kind) {
      case 'here': // That it was heard has been noted already.
      case 'knock': // Where the network finds all processes, nobody says so.
      case 'neighbour':
        return;
      case 'deaf':
        return this.#hearing.onDeaf(from);
      case 'advice':
        return this.#intake.onAdvice(from, message);
      case 'got':
        return this.#sendings.onGot(from, message.id);
      case 'coming':
        return this.#sendings.onComing(from);
      case 'want':
        return this.#sendings.onWant(from, message.id, message.parts);
      case 'part':
        return this.#intake.onPart(from, message.id, message.part, message.bytes);
      case 'gone':
        return this.#intake.onGone(from, message.id);
      case 'again':
        for (const fragment of this.#outgoing.again(message.burst, message.parts)) this.#tell(from, fragment);
        return;
      case 'probe':
        return this.#roundTrips.onProbe(from, message.tick);
      case 'echo':
        return this.#roundTrips.onEcho(from, message.tick);
    }
  }
}

/** A frame as small fits any datagram: it is not advised, and what confirms others is among these. */
const SMALL_BYTES_MAX = 548;
