import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Start } from '../../model/start.js';
import type { Receiver, TransportLog, TransportStatistics } from '../transport.js';
import type { Caller } from './finding.js';
import { type Lane, queueDigest } from './frame.js';
import { FrameDecoder, messagesOf, readableBytes, type Refusal } from './frame-decoder.js';
import { isLaneMessage } from './lane-messages.js';
import type { Lanes } from './lanes.js';
import { type Address, Peers } from './peers.js';
import { Refusals } from './refusals.js';

/** The process that opens a transport, the queue, and the receiver that is told of what arrives. */
export interface Subscription {
  readonly queueId: string;
  readonly self: ProcessId;
  /** The fields of this process's frames besides its id. */
  readonly start: Start;
  readonly receiver: Receiver;
  readonly log: TransportLog;
}

/** The result for a frame. `shut`: no frame is heard. */
export type Verdict = 'intact' | 'shut' | Refusal;

/** The receiving half of a transport: judges what a wire brings in, learns where processes are, hands over the messages. */
export class Inbox {
  /** The queue's digest, by which sockets that several queues share tell their frames apart. */
  readonly queue: number;
  readonly peers = new Peers();
  readonly statistics: TransportStatistics = {
    datagramsSent: 0,
    datagramsReceived: 0,
    bulkMessagesSent: 0,
    bulkMessagesReceived: 0,
    partsSent: 0,
    notRepeated: 0,
    foreignDropped: 0,
    versionDropped: 0,
    keyDropped: 0,
    unsent: 0,
  };
  readonly log: TransportLog;
  readonly #decoder: FrameDecoder;
  readonly #receiver: Receiver;
  readonly #self: ProcessId;
  readonly #refusals: Refusals;
  #lanes: Pick<Lanes, 'onBulkBytes' | 'onBulkFrame' | 'onMessage'> | null = null;
  #isOpen = false;

  /** Where `hears` is false for the address that a frame comes from, the frame is foreign. */
  constructor(
    { queueId, self, start, receiver, log }: Subscription,
    private readonly hears: (source: string) => boolean = () => true,
  ) {
    this.queue = queueDigest(queueId);
    this.log = log;
    this.#refusals = new Refusals(this.statistics, log);
    this.#decoder = new FrameDecoder(queueId, self, start);
    this.#self = self;
    this.#receiver = receiver;
  }

  /** Until it is opened, and once it is shut, everything that arrives is lost. */
  open(lanes: Pick<Lanes, 'onBulkBytes' | 'onBulkFrame' | 'onMessage'> | null = null): void {
    this.#lanes = lanes;
    this.#isOpen = true;
  }

  shut(): void {
    this.#isOpen = false;
  }

  /** Takes what may be a frame. */
  accept(bytes: Buffer, from: Address, lane: Lane): Verdict {
    if (!this.#isOpen) return 'shut';
    const opened = this.#decoder.open(bytes);
    const frame = typeof opened === 'string' || this.hears(from.address) ? opened : 'foreign';
    if (typeof frame === 'string') {
      if (frame !== 'own') this.#refusals.add(frame, bytes, from);
      return frame;
    }

    const { sender, group, start } = this.#decoder.originOf(frame);
    if (lane === 'datagram') {
      this.statistics.datagramsReceived += 1;
      if (sender !== this.#self) this.peers.learn(sender, group, from, start);
    } else {
      this.statistics.bulkMessagesReceived += 1;
      this.peers.heardInBulk(sender, group);
      this.#lanes?.onBulkFrame(sender, group, bytes);
    }
    const caller = { from: sender, group, start, where: from, lane };
    for (const message of messagesOf(frame)) this.#deliver(caller, message);
    return 'intact';
  }

  /** More of a frame has come by the bulk lane, of which nothing is known but its header, at the beginning of `header`. */
  arriving(header: Buffer, bytes: number): void {
    const frameBytes = readableBytes(header);
    if (this.#isOpen && frameBytes !== null)
      this.#lanes?.onBulkBytes(this.#decoder.originOf(header).sender, header, frameBytes, bytes);
  }

  /** The receiver of one message of a frame may have closed the transport. */
  #deliver(caller: Caller, message: Buffer): void {
    if (!this.#isOpen) return;
    if (isLaneMessage(message)) this.#lanes?.onMessage(caller, message);
    else this.#receiver(caller.from, caller.group, message, caller.start);
  }

  /** A message that has been put together from others. */
  deliver(from: ProcessId, group: GroupId, message: Buffer, start: Start): void {
    if (this.#isOpen && !isLaneMessage(message)) this.#receiver(from, group, message, start);
  }
}
