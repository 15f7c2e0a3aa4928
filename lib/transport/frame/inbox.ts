import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Start } from '../../model/start.js';
import { announcedBytes, FRAME_VERSION, FrameDecoder, messagesOf, queueDigest, versionOf } from './frame.js';
import { isLaneMessage } from './lane-messages.js';
import type { Lanes } from './lanes.js';
import { Peers, type Address } from './peers.js';
import type { Receiver, TransportLog, TransportStatistics } from '../transport.js';

/** Who opens a transport, where, and who is told of what arrives. */
export interface Subscription {
  readonly queueId: string;
  readonly self: ProcessId;
  /** What the frames of this process carry besides its id. */
  readonly start: Start;
  readonly receiver: Receiver;
  readonly log: TransportLog;
}

export type Lane = 'datagram' | 'bulk';

/** The receiving half of a transport: judges what a wire brings in, learns who is where, hands over the messages. */
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
    unsent: 0,
  };
  readonly log: TransportLog;
  readonly #decoder: FrameDecoder;
  readonly #receiver: Receiver;
  readonly #self: ProcessId;
  readonly #otherVersions = new Set<string>();
  #lanes: Pick<Lanes, 'onBulkBytes' | 'onBulkFrame' | 'onMessage'> | null = null;
  #isOpen = false;

  /** Where `hears` is false for the address that a frame comes from, the frame is foreign. */
  constructor(
    { queueId, self, start, receiver, log }: Subscription,
    private readonly hears: (source: string) => boolean = () => true,
  ) {
    this.queue = queueDigest(queueId);
    this.log = log;
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

  /** Takes what may be a frame. False where it is none, so that a stream can be given up. */
  accept(bytes: Buffer, from: Address, lane: Lane): boolean {
    if (!this.#isOpen) return false;
    const verdict = this.#decoder.judge(bytes);
    if (verdict === 'own') return true;
    if (verdict !== 'intact') {
      this.#refuse(verdict, bytes, from);
      return false;
    }
    if (!this.hears(from.address)) {
      this.#refuse('foreign', bytes, from);
      return false;
    }

    const sender = this.#decoder.senderOf(bytes);
    const group = this.#decoder.groupOf(bytes);
    const start = this.#decoder.startOf(bytes);
    if (lane === 'datagram') {
      this.statistics.datagramsReceived += 1;
      if (sender !== this.#self) this.peers.learn(sender, group, from, start);
    } else {
      this.statistics.bulkMessagesReceived += 1;
      this.peers.heardInBulk(sender, group);
      this.#lanes?.onBulkFrame(sender, group, bytes);
    }
    for (const message of messagesOf(bytes)) this.#deliver(sender, group, message, start);
    return true;
  }

  /** More of a frame has come by the bulk lane, of which nothing is known but what its header says. */
  arriving(header: Buffer, bytes: number): void {
    const frameBytes = announcedBytes(header);
    if (this.#isOpen && frameBytes !== null)
      this.#lanes?.onBulkBytes(this.#decoder.senderOf(header), header, frameBytes, bytes);
  }

  /** The receiver of one message of a frame may have closed the transport. */
  #deliver(from: ProcessId, group: GroupId, message: Buffer, start: Start): void {
    if (!this.#isOpen) return;
    if (isLaneMessage(message)) this.#lanes?.onMessage(from, group, message);
    else this.#receiver(from, group, message, start);
  }

  #refuse(verdict: 'version' | 'foreign', bytes: Buffer, from: Address): void {
    if (verdict === 'foreign') {
      this.statistics.foreignDropped += 1;
      return;
    }
    this.statistics.versionDropped += 1;
    const sender = `${from.address}:${from.port}`;
    if (this.#otherVersions.has(sender) || this.#otherVersions.size >= OTHER_VERSIONS_REPORTED_MAX) return;
    this.#otherVersions.add(sender);
    this.log.warn(
      { sender, theirs: versionOf(bytes), ours: FRAME_VERSION },
      `The process at ${sender} speaks version ${versionOf(bytes)} of the wire format and this one version ${FRAME_VERSION}: they cannot hear each other. Run the same release on both.`,
    );
  }
}

/** A flood of forged senders must not fill the memory. */
const OTHER_VERSIONS_REPORTED_MAX = 1000;
