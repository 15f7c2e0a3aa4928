/**
 * The limits of a queue that a wide network or a host changes. Each is optional and may differ between the processes of
 * a group; docs/settings.md has the defaults and ranges. Times are in milliseconds; a time that is not a multiple of 10
 * is rounded up to the next one.
 */
export interface QueueLimits {
  /** How often the coordinator makes itself heard. */
  readonly heartbeatMs?: number;
  /** Silence after which a process suspects the coordinator: at least this, at most twice this, at random. */
  readonly silenceMs?: number;
  /** How long a candidate waits for a majority to agree that the coordinator is silent. */
  readonly canvassMs?: number;
  /** The log tells at most this often that messages have been refused. */
  readonly refusalsToldMs?: number;
  /** How long a coordinator waits for promises before it asks again; doubles up to `retryMsMax`. */
  readonly prepareMs?: number;
  /** How long phase 1 may go without a further promise before its coordinator gives way; doubles up to `patienceMsMax`. */
  readonly preparePatienceMs?: number;
  /** How long a batch that a member asks for may not come to the coordinator before that one gives way; doubles up to `patienceMsMax`. */
  readonly deafMs?: number;
  /** A role that has waited in vain waits no longer than this. */
  readonly patienceMsMax?: number;
  /** First wait before anything unanswered is sent again; doubles up to `retryMsMax`. */
  readonly retryMs?: number;
  /** Longest wait before anything unanswered is sent again. */
  readonly retryMsMax?: number;
  /** What waits for an answer waits longer by the round trip that is measured, but by no more than this. */
  readonly roundTripMsMax?: number;
  /** Throughput of a slow link: an answer is given time to arrive by it. */
  readonly bytesPerSecond?: number;
  /** How long a missing batch may be on its way before it is asked for; doubles up to `retryMsMax`. */
  readonly fetchMs?: number;
  /** How long an instance of a fast reign may stay undecided before the coordinator recovers it. */
  readonly stuckMs?: number;
  /** How long a coordinator waits for a decision that another process has before it begins another reign; doubles up to `strandedMsMax`. */
  readonly strandedMs?: number;
  /** Longest wait of a coordinator for a decision that another process has. */
  readonly strandedMsMax?: number;
  /** How long phase 1 of such a reign leaves out the processes that are ahead, so that the others can decide the same again. */
  readonly waryMs?: number;
  /** How long the ledger may not know how much is decided, while nothing else is to be written. */
  readonly idleMs?: number;
  /** How often a process that wants to found a group says so. */
  readonly helloMs?: number;
  /** Silence after which a candidate for the first view is no longer counted. */
  readonly helloExpiryMs?: number;
  /** How long a start waits for what all other members know of earlier ones, once a quorum has answered. */
  readonly startMs?: number;
  /** How long a signer of a founding waits for the others before it calls itself stuck. */
  readonly foundingMs?: number;
  /** How long the adaptive mode must wish for the other kind of reign before it changes. */
  readonly modeMs?: number;
  /** First interval at which a process repeats what it has published of itself; doubles up to `factsMsMax`. */
  readonly factsMs?: number;
  /** Longest interval at which a process repeats what it has published of itself. */
  readonly factsMsMax?: number;
  /** A clock that is off is told again after this long. */
  readonly strayClockMs?: number;
  /** A process votes and proposes only at instances below its first undecided one and this. */
  readonly windowInstances?: number;
  /** Batches of one proposer that may be undecided at one moment. */
  readonly batchesInFlightMax?: number;
  /** Bytes of one proposer that may be undecided at one moment, unless a single batch is larger. */
  readonly bytesInFlightMax?: number;
  /** Messages of one batch together, unless a single message is larger. */
  readonly batchBytesMax?: number;
  /** Batches heard of and not yet decided, before the oldest are forgotten. */
  readonly poolBytesMax?: number;
  /** Messages put and not yet in a batch: beyond this many `put` waits. */
  readonly pendingMessagesMax?: number;
  /** Bytes of messages put and not yet in a batch: beyond this many `put` waits. */
  readonly pendingBytesMax?: number;
  /** Bytes of messages delivered and not yet read: beyond this many they are read from the ledger again later. */
  readonly unreadBytesMax?: number;
  /** Questions that a process that is behind may have open at once. */
  readonly catchUpQuestions?: number;
  /** One answer to a process that is behind, unless a single batch is larger. */
  readonly catchUpBytes?: number;
  /** One answer to a process that is behind, in instances. */
  readonly catchUpInstances?: number;
  /** A checkpoint that has got no further for so long is worth a warning. */
  readonly savingQuietMs?: number;
  /** A process that has got no further with a checkpoint for so long is ended. */
  readonly savingStalledMs?: number;
  /** How long a queue does not work before the first warning. */
  readonly firstWarningMs?: number;
  /** How often a warning is repeated. */
  readonly warningMs?: number;
  /** Chunks of a checkpoint that a process has asked for and not yet stored. */
  readonly chunksInFlightMax?: number;
  /** How long a process may keep another one waiting for a chunk before that one asks elsewhere. */
  readonly chunkMs?: number;
  /** Chunks that are read for others at one moment. */
  readonly chunkReadsMax?: number;
}
