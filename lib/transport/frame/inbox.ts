import type { GroupId, ProcessId } from '../../model/ids.js';
import type { Nonce, Start } from '../../model/start.js';
import type { Receiver, TransportLog, TransportStatistics } from '../transport.js';
import { Admission, type AdmissionOptions } from './admission.js';
import { decodeAdmission } from './admission-messages.js';
import type { Caller } from './finding.js';
import { type Lane, queueDigest } from './frame.js';
import { FrameDecoder, messagesOf, type Refusal } from './frame-decoder.js';
import type { KeyRing } from './key-ring.js';
import { KeyedOpener } from './keyed-opener.js';
import { isLaneMessage } from './lane-messages.js';
import type { Lanes } from './lanes.js';
import { MetStarts } from './met-starts.js';
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
  /** What seals frames. Without it they have a checksum, and everybody is heard. */
  readonly keys?: KeyRing | null | undefined;
}

/** The result for a frame. `shut`: no frame is heard. */
export type Verdict = 'intact' | 'shut' | Refusal;

/** The receiving half of a transport: judges what a wire brings in, learns where processes are, hands over the messages. */
export class Inbox {
  /** The queue's digest, by which sockets that several queues share tell their frames apart. */
  readonly queue: number;
  /** Whether only processes with a key of this one are heard. */
  readonly isUnderKeys: boolean;
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
    sealDropped: 0,
    replaysDropped: 0,
    unmetDropped: 0,
    unsent: 0,
  };
  readonly log: TransportLog;
  readonly #decoder: FrameDecoder;
  readonly #receiver: Receiver;
  readonly #self: ProcessId;
  readonly #refusals: Refusals;
  readonly #met: MetStarts;
  readonly #nonce: Nonce;
  #admission: Admission | null = null;
  #lanes: Pick<Lanes, 'onBulkBytes' | 'onBulkFrame' | 'onMessage'> | null = null;
  #isOpen = false;

  /** Where `hears` is false for the address that a frame comes from, the frame is foreign. */
  constructor(
    { queueId, self, start, receiver, log, keys = null }: Subscription,
    private readonly hears: (source: string) => boolean = () => true,
  ) {
    this.queue = queueDigest(queueId);
    this.log = log;
    this.#refusals = new Refusals(this.statistics, log, this.peers);
    this.isUnderKeys = keys !== null;
    this.#met = new MetStarts(queueId);
    const opener = keys === null ? undefined : new KeyedOpener(keys, queueId, self, this.#met, this.peers);
    this.#decoder = new FrameDecoder(queueId, self, start, opener);
    this.#self = self;
    this.#nonce = start.nonce;
    this.#receiver = receiver;
  }

  /**
   * Until it is opened, and once it is shut, everything that arrives is lost. `admission` meets the starts of others where there
   * are keys.
   */
  open(
    lanes: Pick<Lanes, 'onBulkBytes' | 'onBulkFrame' | 'onMessage'> | null = null,
    admission: Omit<AdmissionOptions, 'nonce' | 'met' | 'clock'> | null = null,
  ): void {
    this.#lanes = lanes;
    if (admission !== null)
      this.#admission = new Admission({ ...admission, nonce: this.#nonce, met: this.#met, clock: this.peers });
    this.#isOpen = true;
  }

  shut(): void {
    this.#isOpen = false;
  }

  /** How long the frame is whose prefix is at the beginning of `bytes`, or null where that announces none that can be read here. */
  announcedBytes(bytes: Buffer): number | null {
    return this.#decoder.announcedBytes(bytes);
  }

  /** Takes what may be a frame; `bringer` has brought it in parts. */
  accept(bytes: Buffer, from: Address, lane: Lane, bringer: ProcessId | null = null): Verdict {
    if (!this.#isOpen) return 'shut';
    const opened = this.#decoder.open(bytes, from.address, this.hears(from.address), bringer);
    if (typeof opened === 'string') {
      if (opened !== 'own') this.#refusals.add(opened, bytes, from);
      return opened;
    }
    if (opened.unmet !== null && this.#admission?.admits(opened, from, lane, bytes.length) !== true) {
      this.#refusals.add('unmet', bytes, from);
      return 'unmet';
    }

    const { sender, group, start } = opened.origin;
    if (lane === 'datagram') {
      this.statistics.datagramsReceived += 1;
      if (sender !== this.#self) this.peers.learn(sender, group, from, start);
    } else {
      this.statistics.bulkMessagesReceived += 1;
      this.peers.heardInBulk(sender, group);
      this.#lanes?.onBulkFrame(sender, group, bytes);
    }
    const caller = { from: sender, group, start, where: from, lane };
    for (const message of messagesOf(opened)) this.#deliver(caller, message, opened.keyId);
    return 'intact';
  }

  /** More of a frame has come by the bulk lane, of which nothing is known but its header, at the beginning of `header`. */
  arriving(header: Buffer, bytes: number): void {
    const frameBytes = this.#decoder.announcedBytes(header);
    const sender = this.#isOpen && frameBytes !== null ? this.#decoder.senderOf(header) : null;
    if (sender !== null) this.#lanes?.onBulkBytes(sender, header, frameBytes ?? 0, bytes);
  }

  /** The receiver of one message of a frame may have closed the transport. */
  #deliver(caller: Caller, message: Buffer, keyId: number): void {
    if (!this.#isOpen) return;
    if (!isLaneMessage(message)) {
      this.#receiver(caller.from, caller.group, message, caller.start);
      return;
    }
    const ofAdmission = this.#admission === null ? null : decodeAdmission(message);
    if (ofAdmission === null) this.#lanes?.onMessage(caller, message);
    else {
      const { from: process, where, lane } = caller;
      this.#admission?.receive(ofAdmission, { process, where, lane, keyId });
    }
  }

  /** A message that has been put together from others. */
  deliver(from: ProcessId, group: GroupId, message: Buffer, start: Start): void {
    if (this.#isOpen && !isLaneMessage(message)) this.#receiver(from, group, message, start);
  }
}
