/**
 * The transport carries messages between processes, best effort. A port with two implementations: UDP multicast with a
 * TCP lane for what is large, and a simulated network in memory.
 */
import type { GroupId, ProcessId } from '../model/ids.js';

/** Everyone on the queue's address, members or not, except the sender itself. */
export const EVERYONE = 'everyone';

export type Destination = ProcessId | typeof EVERYONE;

/**
 * Called for every message that arrives intact from another process of the same queue. `group` is what the sender's
 * frame carries: NO_GROUP where it belongs to none yet. The bytes may be kept, and are not reused. Must not throw.
 */
export type Receiver = (from: ProcessId, group: GroupId, message: Buffer) => void;

export interface Transport {
  /**
   * Hands a message over. Does not block and does not throw: loss, duplication and reordering are legal, and the
   * protocol makes good for them. A message to a process that has never been heard of is lost. The bytes must not be
   * changed afterwards. A message that fits a datagram waits for `flush` and shares the datagram with others to the
   * same destination; when they overflow it, it leaves before. A larger one takes the reliable lane, to each receiver
   * by itself: for `EVERYONE`, to each process heard of whose latest frame carried the group that ours carry.
   */
  send(to: Destination, message: Uint8Array): void;

  /** Lets everything handed over leave, before it returns where the socket allows. */
  flush(): void;

  /** From now on frames carry `group`. What was handed over before leaves with the former one. */
  join(group: GroupId): void;

  /** Stops receiving at once, then releases sockets. What has not left by then is lost. Idempotent. */
  close(): Promise<void>;

  /** Larger messages, with what a frame adds, take the reliable lane. */
  readonly maxDatagramBytes: number;

  /**
   * Bytes of datagrams that are kept while this process is too busy to receive: flow control must not exceed them.
   * The kernel counts its own overhead, so that many small datagrams fill the buffer with fewer bytes than few large ones.
   */
  readonly receiveBufferBytes: number;

  /** What was received, sent and dropped, and why, since the start. */
  readonly statistics: Readonly<TransportStatistics>;
}

export interface TransportStatistics {
  /** Handed to the socket. */
  datagramsSent: number;
  /** Intact and from another process of the queue. */
  datagramsReceived: number;
  bulkMessagesSent: number;
  bulkMessagesReceived: number;
  /** Not a frame of this queue: wrong magic, another queue's, truncated, checksum does not fit, not by our interface. */
  foreignDropped: number;
  /** Frames of another version of the format. */
  versionDropped: number;
  /** Datagrams and bulk messages that could not be sent: unknown receiver, full buffers, refused connection. */
  unsent: number;
}

/** Where the transport says what it met; pino's loggers fit. */
export interface TransportLog {
  debug(facts: object, text: string): void;
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
