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
  /**
   * A reign above the highest heard of by more than this is not taken for one: nobody begins as many. Where nobody else
   * coordinates, the highest rises towards it by so much at a step, and by one step each `reignStepTicks`.
   */
  reignStep: 2 ** 32,
  reignStepTicks: 50,
  /** Nobody is further ahead than by so many instances. */
  watermarkLeadMax: 2 ** 48,
  /** What has been refused is told in the log at most this often. */
  refusalsToldTicks: 1_000,
  /** Processes of which it is remembered that they have proposed something lately. */
  proposersMax: 64,
  /** Batches and ballots of which votes are counted at one instance; beyond, those of the lowest ballot are forgotten. */
  talliesMax: 128,
  /** Batches that wait at a coordinator for the window; their proposers send what is beyond again. */
  waitingBatchesMax: 4_096,
  /** Processes whose addresses a transport remembers. */
  peersMax: 1_024,
  /** How long a coordinator waits for promises before it asks again; doubles up to `retryTicksMax`. */
  prepareTicks: 5,
  /** How long phase 1 may go without a further promise, or part of one, before its coordinator gives way; doubles. */
  preparePatienceTicks: 50,
  /** How long a batch that a member asks for may not come to the coordinator before that one gives way; doubles. */
  deafTicks: 100,
  /** However often a role has waited in vain, it waits no longer than this. */
  patienceTicksMax: 6_000,
  /** Votes that one part of a promise reports at most: with the longest ids they fit the smallest usual datagram. */
  votesAPromise: 64,
  /** First wait before anything unanswered is sent again; doubles up to `retryTicksMax`. */
  retryTicks: 5,
  retryTicksMax: 50,
  /** A batch is given another tick to arrive for each so many bytes: 12.5 MB a second, a slow network. */
  bytesATick: 125_000,
  /** How long a missing batch may be on its way before it is asked for; doubles with each time that it is. */
  fetchTicks: 2,
  /** How long an instance of a fast reign may stay undecided before the coordinator recovers it. */
  stuckTicks: 4,
  /** How long a coordinator waits for a decision or batch that somebody else has before it begins another reign; doubles. */
  strandedTicks: 25,
  /** But no longer than this: which members answer a new reign first is luck, and one that answers may hold it up again. */
  strandedTicksMax: 100,
  /** How long phase 1 of such a reign leaves out those who are ahead, so that the others can decide the same again. */
  waryTicks: 10,
  /** How long the ledger may not know how much is decided, while nothing else is to be written. */
  idleTicks: 50,
  /** A process that wants to found a group says so this often. */
  helloTicks: 5,
  /** A candidate for the first view that has been silent for this long is no longer counted. */
  helloExpiryTicks: 50,
  /** How long a start waits for what all other members know of earlier ones, once a quorum has answered. */
  startTicks: 20,
  /** How long a signer of a founding waits for the others before it calls itself stuck. */
  foundingTicks: 300,
  /** How long the adaptive mode must wish for the other kind of reign before it changes. */
  modeTicks: 20,
  /** What one participant publishes of itself, in bytes. */
  factsBytesMax: 1_024,
  /** First interval at which a process repeats what it has published of itself; doubles up to `factsTicksMax`: half a minute. */
  factsTicks: 20,
  factsTicksMax: 3_000,
  /** Processes besides the members of which it is kept what they have published. */
  factsOthersMax: 256,
  /** How far the stamp of a batch may be from the time that the coordinator publishes; clocks that are further off are told. */
  clockBoundMs: 1_000,
  /** A clock that is off is told again after this long. */
  strayClockTicks: 1_000,

  /**
   * α of the groups that this release founds: a view that is decided at instance i governs from i + α on. A group keeps the one
   * that it was founded with.
   */
  borderInstances: 512,
  /** No founding names a larger α: a coordinator fills as many instances when a view changes. */
  borderInstancesMax: 65_536,
  /** An acceptor votes, and a proposer proposes, only at instances below first undecided + this: at most α of its group. */
  windowInstances: 512,
  /** What was decided before its turn is void after so many instances: the same at every process of every release. */
  heldInstances: 512,
  /** Batches of one proposer that may be undecided at one moment. */
  batchesInFlightMax: 8,
  /** The same in bytes: keeps a burst from overrunning the receivers' buffers. */
  bytesInFlightMax: 480_000,
  /** Of one proposer, what was decided before its turn and is kept until then: as much as it may have in flight. */
  heldBatchesMax: 8,
  heldBytesMax: 512 * 1024,
  /** Messages of one batch together, in bytes, unless a single message is larger. */
  batchBytesMax: 56_000,
  /** Batches heard of and not yet decided, in bytes, before the oldest are forgotten. */
  poolBytesMax: 256 * 1024 * 1024,
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
  /** A process that makes a checkpoint says no oftener than this what it is doing. */
  savingStepMs: 500,
  /** A checkpoint that has got no further for so long is worth a warning, and another one at intervals of `warningTicks`. */
  savingQuietTicks: 500,
  /** A process that has got no further with a checkpoint for so long is ended: a minute. */
  savingStalledTicks: 6_000,
  /** First warning of what keeps a queue from working, and then how often it is repeated: 2 and 10 seconds. */
  firstWarningTicks: 200,
  warningTicks: 1_000,
  /** A chunk of a checkpoint, in bytes, but for the first, which is as large as the table of delivered batches, and for the end of a piece. */
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
  /** Bytes of large messages on their way to one receiver: with as many nothing more is sent to it until it confirms some. */
  bulkBytesMax: 16 * 1024 * 1024,
  /** Bytes of small messages waiting for one receiver that hears no datagrams. */
  smallInBulkBytesMax: 1024 * 1024,
  /** A receiver that says nothing for so long of what is on its way to it is given up, and what is kept for it with it. */
  heldTicks: 1_000,
  /**
   * Whoever waits for an answer waits on while bytes come from the one that was asked, up to so many: more cannot have been
   * on its way before the answer.
   */
  arrivalBytesMax: 128 * 1024 * 1024,
  /** A connection of the bulk lane on which nothing has moved for this long is closed; the next message opens another. */
  bulkIdleMs: 10_000,

  /** A journal, in bytes: commits that LMDB does not have yet take no more room than that. */
  journalBytes: 512 * 1024,
  /** One commit in the journal, in bytes; LMDB gets a larger one at once. */
  journalCommitBytesMax: 64 * 1024,
  /** LMDB gets what is in the journal after this long at the latest, and a ledger's files are looked for as often. */
  journalMs: 500,
  /** An owner that another process cannot see is taken for dead after so long without a sign of itself. */
  ownerSilenceMs: 1_500,
  /** A journal tells after this long that its last commit is there. */
  journalConfirmMs: 20,
  /** Instances of one segment of the log: the unit in which the log is dropped, and compared with its digest. */
  segmentInstances: 1_024,
  /** Segments that one commit drops at most, so that none takes long. */
  segmentsDroppedMax: 16,
  /** Segments of one queue's log that are kept open. */
  openSegmentsMax: 4,
  /** Queues that one process has open with one directory at a time: each keeps databases of LMDB open. */
  queuesADirectoryMax: 1_000,
  /**
   * Named databases open at one moment in one ledger directory: two of its own; for each queue one, its open segments and
   * another one that is dropped or begun; and some more segments that one commit may begin or drop.
   */
  namedDatabasesMax: 2 + 1_000 * 6 + 64,
  /** Bytes of a checkpoint that are handed to the disk at one go. */
  checkpointWriteBytes: 512 * 1024,
  /** Bytes of a checkpoint written before the disk is asked for them: the syncs of votes wait behind each of these. */
  checkpointSyncBytes: 512 * 1024,
  /** One chunk of a checkpoint, in bytes: less than a frame, in which it travels. */
  checkpointChunkBytesMax: 32 * 1024 * 1024,
  /** Address space of one ledger. The file grows to what is used; growing the map while running would stall the process. */
  mapBytes: 64 * 1024 * 1024 * 1024,
} as const;
