/**
 * Every limit and default of the system, with its unit. Protocol times are in ticks, so that a stalled process does
 * not mistake its own pause for the silence of another.
 */
export const limits = {
  /** One tick of the protocol's clock. */
  tickMs: 10,

  /** The coordinator makes itself heard this often. */
  heartbeatTicks: 3,
  /** Silence after which a process suspects the coordinator: at least this, at most twice this, at random. */
  silenceTicks: 15,
  /** How long a candidate waits for a majority to agree that the coordinator is silent. */
  canvassTicks: 5,
  /** How long a coordinator waits for promises before it asks again. */
  prepareTicks: 5,
  /** First wait before anything unanswered is sent again; doubles up to `retryTicksMax`. */
  retryTicks: 5,
  retryTicksMax: 50,
  /** A batch is given another tick to arrive for each so many bytes: 12.5 MB a second, a slow network. */
  bytesATick: 125_000,
  /** How long a missing batch may be on its way before it is asked for; doubles with each time that it is. */
  fetchTicks: 2,
  /** How long an instance of a fast reign may stay undecided before the coordinator recovers it. */
  stuckTicks: 4,
  /** How long a coordinator waits for a decision or batch that somebody else has before it begins another reign. */
  strandedTicks: 25,
  /** How long the ledger may not know how much is decided, while nothing else is to be written. */
  idleTicks: 50,
  /** A process that wants to found a group says so this often. */
  helloTicks: 5,
  /** A candidate for the first view that has been silent for this long is no longer counted. */
  helloExpiryTicks: 50,
  /** How long the adaptive mode must wish for the other kind of reign before it changes. */
  modeTicks: 20,

  /** α: an acceptor votes, and a proposer proposes, only at instances below first undecided + α. */
  windowInstances: 512,
  /** Batches of one proposer that may be undecided at one moment. */
  batchesInFlightMax: 8,
  /** The same in bytes: keeps a burst from overrunning the receivers' buffers. */
  bytesInFlightMax: 480_000,
  /** Messages of one batch together, in bytes, unless a single message is larger. */
  batchBytesMax: 56_000,
  /** Batches heard of and not yet decided, in bytes, before the oldest are forgotten. */
  poolBytesMax: 256 * 1024 * 1024,
  /** Batches of one proposer that the core remembers as decided while an earlier one of them is not known to be. */
  decidedBatchesKept: 4_096,
  /** Messages put and not yet in a batch: beyond this many, or this many bytes, `put` waits. */
  pendingMessagesMax: 65_536,
  pendingBytesMax: 64 * 1024 * 1024,
  /** One message, in bytes. */
  messageBytesMax: 64 * 1024 * 1024,
  /** Messages delivered and not yet read: beyond this many bytes they are read from the ledger again later. */
  unreadBytesMax: 16 * 1024 * 1024,
  /** Questions that a process that is behind may have open at once: together they ask for the window. */
  catchUpQuestions: 4,
  /** One answer to a process that is behind, in bytes, unless a single batch is larger. */
  catchUpBytes: 1024 * 1024,
  /** The same in instances, for those that hold next to nothing. */
  catchUpInstances: 1_024,

  /** Processes that the table of delivered batches knows; beyond, the one that has been quiet longest is forgotten. */
  deliveryRowsMax: 4_096,

  /** A checkpoint is due after so many bytes of delivered batches, or so many messages. */
  checkpointEveryBytes: 128 * 1024 * 1024,
  checkpointEveryPositions: 1_000_000,
  /** So much of the log is kept below the checkpoint, in bytes, for processes that lag a little. */
  logMarginBytes: 64 * 1024 * 1024,
  /** A chunk of a checkpoint, in bytes, unless a single piece of a state is larger. */
  checkpointChunkBytes: 512 * 1024,
  /** Chunks that a process has asked for and not yet stored. */
  chunksInFlightMax: 8,
  /** How long a process may keep another one waiting for a chunk before that one asks elsewhere. */
  chunkTicks: 50,
  /** Chunks that are read for others at one moment. */
  chunkReadsMax: 32,

  /** One datagram on the loopback interface, whose packets may be 64 KiB. */
  datagramBytesOnLoopback: 60_000,
  /** One datagram elsewhere. */
  datagramBytes: 8_192,
  /** Asked of the kernel for each receiving socket; what it grants is logged. */
  receiveBufferBytes: 4 * 1024 * 1024,
  /** Asked of the kernel for the sending socket: what does not fit leaves in a later turn of the event loop. */
  sendBufferBytes: 4 * 1024 * 1024,
  /** Bytes waiting for one receiver on the bulk lane before further ones are dropped. */
  bulkBytesMax: 256 * 1024 * 1024,
  /** A connection of the bulk lane on which nothing has moved for this long is closed; the next message opens another. */
  bulkIdleMs: 10_000,

  /** A journal, in bytes: commits that LMDB does not have yet take no more room than that. */
  journalBytes: 512 * 1024,
  /** One commit in the journal, in bytes; LMDB gets a larger one at once. */
  journalCommitBytesMax: 64 * 1024,
  /** LMDB gets what is in the journal after this long at the latest. */
  journalMs: 500,
  /** A journal tells after this long that its last commit is there. */
  journalConfirmMs: 20,
  /** Instances of one segment of the log: the unit in which the log is dropped, and compared with its digest. */
  segmentInstances: 1_024,
  /** Segments that one commit drops at most, so that none takes long. */
  segmentsDroppedMax: 16,
  /** Segments of one queue's log that are kept open. */
  openSegmentsMax: 4,
  /** Named databases open at one moment in one ledger directory: one of its own, and for each queue one and its open segments. */
  namedDatabasesMax: 1024,
  /** Bytes of a checkpoint that are handed to the disk at one go. */
  checkpointWriteBytes: 512 * 1024,
  /** Bytes of a checkpoint written before the disk is asked for them: the syncs of votes wait behind each of these. */
  checkpointSyncBytes: 512 * 1024,
  /** One chunk of a checkpoint, in bytes. */
  checkpointChunkBytesMax: 256 * 1024 * 1024,
  /** Address space of one ledger. The file grows to what is used; growing the map while running would stall the process. */
  mapBytes: 64 * 1024 * 1024 * 1024,
} as const;
