/**
 * The transport carries messages between processes, best effort. A port with two implementations: UDP multicast with a
 * TCP lane for what is large, and a simulated network in memory.
 */
import type { GroupId, ProcessId } from '../model/ids.js';
import type { Start } from '../model/start.js';

/** Everyone on the queue's address, members or not, except the sender itself. */
export const EVERYONE = 'everyone';

export type Destination = ProcessId | typeof EVERYONE;

/**
 * Called for every message that arrives intact from another process of the same queue. `group` is what the sender's
 * frame carries: NO_GROUP where it belongs to none yet; `start` is the sender's, and tells apart the lives of a process. A
 * frame with this process's own id comes from another start of it. The bytes may be kept, and are not reused. Must not throw.
 */
export type Receiver = (from: ProcessId, group: GroupId, message: Buffer, start: Start) => void;

export interface Transport {
  /**
   * Hands a message over. Does not block and does not throw: loss, duplication and reordering are legal, and the
   * protocol makes good for them. A message to a process that has never been heard of is lost. The bytes must not be
   * changed afterwards. A message that fits a datagram waits for `flush` and shares the datagram with others to the
   * same destination; when they overflow it, it leaves before. Within a group, one that is not much larger leaves in
   * parts, in several datagrams. A larger one takes the reliable lane, to each receiver by itself: for `EVERYONE`, to each process heard of whose latest frame carried the group that ours carry. A message
   * that one lane does not deliver to a process of the group goes by the other. The same large message is not sent
   * again to a receiver that has not confirmed it, nor any while too much is on its way to it. No message begins with a
   * byte above `TOP_BYTE_MAX`.
   */
  send(to: Destination, message: Uint8Array): void;

  /**
   * Lets everything handed over leave, before it returns where the socket allows; where other queues of this process are about to
   * send too, soon after.
   */
  flush(): void;

  /** Lets also that leave now: this process is about to do something that takes its time. */
  hurry(): void;

  /** A tick of the protocol's clock has passed: repetitions and waits are counted in ticks. */
  tick(): void;

  /** Bytes of large messages that have been handed over for a process and that it has not confirmed. */
  bytesOnTheirWay(to: ProcessId): number;

  /** How many ticks ago anything of a process last came, by either lane; Infinity where nothing has, or it was long ago. */
  ticksSinceHeard(process: ProcessId): number;

  /**
   * Where small messages to a process go, for people: address and port; null where it has not been heard, or long ago, or where
   * the last that was heard of it is another start than `start`.
   */
  addressOf(process: ProcessId, start?: Start): string | null;

  /**
   * The processes of the group of which something large has come since the last call, or is said to be on its way: a process
   * that waits for an answer of theirs need not ask again.
   */
  takeArrivals(): readonly Arrival[];

  /** The processes of the group whose round trip has changed since the last call, as it is measured all the time. */
  takeRoundTrips(): readonly RoundTripTicks[];

  /**
   * It is remembered where these processes were last heard, however long they are silent: as members they are needed again. Others
   * may be forgotten, those of the last call included.
   */
  keep(processes: readonly ProcessId[]): void;

  /** From now on frames carry `group`. Messages that were handed over before leave with the former one. */
  join(group: GroupId): void;

  /** Stops receiving at once, then releases sockets. Messages that have not left by then are lost. Idempotent. */
  close(): Promise<void>;

  /** The largest message that fits a datagram, in bytes. */
  readonly maxMessageBytes: number;

  /**
   * The largest message that leaves as datagrams, in bytes: as one or, within a group, as several that are put together again. A
   * larger one takes the reliable lane.
   */
  readonly maxBurstBytes: number;

  /**
   * Bytes of datagrams that are kept while this process is too busy to receive: flow control must not exceed them.
   * The kernel counts its own overhead, so that many small datagrams fill the buffer with fewer bytes than few large ones.
   */
  readonly receiveBufferBytes: number;

  /** Where other processes reach this one, for people: the interface, its address and the port of both lanes. */
  readonly place: string;

  /** Counts of received, sent and dropped messages, with the reasons, since the start. */
  readonly statistics: Readonly<TransportStatistics>;
}

/** Such bytes, as the first of a message, are the transport's own. */
export const TOP_BYTE_MAX = 0xef;

/** Bytes of large messages of one sender, whether complete or not. */
export interface Arrival {
  readonly from: ProcessId;
  readonly bytes: number;
  /**
   * How many ticks ago the oldest of them was announced; Infinity where it is for this process alone, or nothing is
   * known. The bulk lane keeps the order: a message that was asked for later than that may be behind it, and one that
   * was asked for long before is not.
   */
  readonly agoTicks: number;
}

/** How long a message to a process and its answer are under way. */
export interface RoundTripTicks {
  readonly process: ProcessId;
  /** With a margin for the usual deviation; 0 where it is less than a tick. */
  readonly ticks: number;
}

export interface TransportStatistics {
  /** Frames of datagrams, handed to the socket. A datagram may carry several. */
  datagramsSent: number;
  /** Frames of datagrams, intact and from another process of the queue. A datagram may bring several. */
  datagramsReceived: number;
  bulkMessagesSent: number;
  bulkMessagesReceived: number;
  /** Parts of large messages sent as datagrams, where the bulk lane did not deliver them. */
  partsSent: number;
  /** Large messages that were not sent again, for the same was on its way to that receiver. */
  notRepeated: number;
  /** Not a frame of this queue: wrong magic, another queue's, truncated, its seal does not fit, not by our interface. */
  foreignDropped: number;
  /** Frames of another version of the format. */
  versionDropped: number;
  /** Frames under a key that this process does not have: nothing is learnt of their senders. */
  keyDropped: number;
  /** Frames that name a key of this process and are not sealed with it. */
  sealDropped: number;
  /** Frames under a key that were taken before, or come too late to tell. */
  replaysDropped: number;
  /** Frames under a key of a start that has not shown yet that it lives: the first few of each, and old ones. */
  unmetDropped: number;
  /** Datagrams and bulk messages that could not be sent: unknown receiver, full buffers, refused connection. */
  unsent: number;
}

/** The log of the transport; pino's loggers fit. */
export interface TransportLog {
  debug(facts: object, text: string): void;
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
