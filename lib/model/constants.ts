/**
 * The values that are fixed for good, with their units: numbers of a format or of the protocol, which all processes of
 * a group have in common and nobody tunes; bounds of tables, which only keep memory from growing; and defaults of
 * options. A value that a wide network or a host changes is a setting (`settings.ts`). A value that would break safety
 * where processes differ in it is no setting.
 */
export const constants = {
  /** One tick of the protocol's clock. */
  tickMs: 10,
  /**
   * A reign above the highest heard of by more than this is not taken for one: nobody begins as many. Where nobody else
   * coordinates, the highest rises towards it by so much at a step, and by one step each `reignStepTicks`.
   */
  reignStep: 2 ** 32,
  reignStepTicks: 50,
  /** Nobody is further ahead than by so many instances. */
  watermarkLeadMax: 2 ** 48,
  /** Where members or keys change, a process that was heard no longer ago is taken to be alive. */
  aliveTicks: 200,
  /** Processes of which it is remembered that they have proposed something lately. */
  proposersMax: 64,
  /** Batches and ballots of which votes are counted at one instance; beyond, those of the lowest ballot are forgotten. */
  talliesMax: 128,
  /** Batches that wait at a coordinator for the window; their proposers send what is beyond again. */
  waitingBatchesMax: 4_096,
  /** Processes whose addresses a transport remembers. */
  peersMax: 1_024,
  /** Votes that one part of a promise reports at most: with the longest ids they fit the smallest usual datagram. */
  votesAPromise: 64,
  /** The size of the facts that one participant publishes of itself, in bytes. */
  factsBytesMax: 1_024,
  /** Processes besides the members of which it is kept what they have published. */
  factsOthersMax: 256,
  /** How far the stamp of a batch may be from the time that the coordinator publishes; clocks that are further off are told. */
  clockBoundMs: 1_000,
  /**
   * α of the groups that this release founds: a view that is decided at instance i governs from i + α on. A group keeps the one
   * that it was founded with.
   */
  borderInstances: 512,
  /** No founding names a larger α: a coordinator fills as many instances when a view changes. */
  borderInstancesMax: 65_536,
  /** A batch that was decided before its turn is void after so many instances: the same at every process of every release. */
  heldInstances: 512,
  /**
   * Of one proposer, the batches that were decided before their turn and are kept until then: as many as it may have in
   * flight.
   */
  heldBatchesMax: 8,
  heldBytesMax: 512 * 1024,
  /** One message, in bytes. */
  messageBytesMax: 64 * 1024 * 1024,
  /** Processes that the table of delivered batches knows; beyond, the one that has been quiet longest is forgotten. */
  deliveryRowsMax: 4_096,
  /** A checkpoint is due after so many bytes of delivered batches, or so many messages. */
  checkpointEveryBytes: 128 * 1024 * 1024,
  checkpointEveryPositions: 1_000_000,
  /** So much of the log is kept below the checkpoint, in bytes, for processes that lag a little. */
  logMarginBytes: 64 * 1024 * 1024,
  /** A process that makes a checkpoint reports its progress at most this often. */
  savingStepMs: 500,
  /** A chunk of a checkpoint, in bytes, but for the first, which is as large as the table of delivered batches, and for the end of a piece. */
  checkpointChunkBytes: 512 * 1024,
  /** One datagram on the loopback interface, whose packets may be 64 KiB. */
  datagramBytesOnLoopback: 60_000,
  /** One datagram elsewhere: with all headers it fits the packets of Ethernet, and of tunnels over it. */
  datagramBytes: 1_400,
  /** The largest message that leaves as datagrams where these are smaller: in parts, all at once. A batch of the usual size. */
  burstBytesMax: 60_000,
  /**
   * A process that waits for an answer waits longer while bytes come from the one that was asked, up to so many: more cannot
   * have been on its way before the answer.
   */
  arrivalBytesMax: 128 * 1024 * 1024,
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
  /** Asked of the kernel for each receiving socket; what it grants is logged. */
  receiveBufferBytes: 4 * 1024 * 1024,
  /** Asked of the kernel for the sending socket: datagrams that do not fit leave in a later turn of the event loop. */
  sendBufferBytes: 4 * 1024 * 1024,
  /** Bytes of large messages on their way to one receiver: with as many nothing more is sent to it until it confirms some. */
  bulkBytesMax: 16 * 1024 * 1024,
  /** Bytes of small messages waiting for one receiver that hears no datagrams. */
  smallInBulkBytesMax: 1024 * 1024,
  /** A receiver that says nothing for so long of what is on its way to it is given up, and what is kept for it with it. */
  heldTicks: 1_000,
  /** Connections of the bulk lane that one endpoint accepts at a time, and that one queue opens. */
  bulkConnectionsMax: 1_024,
  /** Where there are keys, connections of processes that are not known yet: so many, for so long, and with frames as small. */
  unknownConnectionsMax: 16,
  unknownConnectionMs: 1_000,
  firstBulkBytesMax: 1_024,
  /** Replies by the bulk lane in a second to processes that are not known yet. */
  unmetRepliesASecond: 16,
  /** A connection of the bulk lane on which nothing has moved for this long is closed; the next message opens another. */
  bulkIdleMs: 10_000,
  /** Address space of one ledger. The file grows to what is used; growing the map while running would stall the process. */
  mapBytes: 64 * 1024 * 1024 * 1024,
  /** Read of a log at one go, in bytes, where all of it is gone through. */
  logReadBytes: 1024 * 1024,
} as const;
