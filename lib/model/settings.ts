/**
 * The values that a wide network or a host changes, with their units: times, sizes and margins. Each of them may differ
 * between the processes of a group without harm to anything but speed. Every part is given one `Settings` and reads it
 * from a field. Protocol times are in ticks, so that a stalled process does not mistake its own pause for the silence
 * of another.
 */
export type Settings = { readonly [Name in keyof typeof defaults]: number };

export const defaults = {
  /** The coordinator makes itself heard this often. */
  heartbeatTicks: 3,
  /** Silence after which a process suspects the coordinator: at least this, at most twice this, at random. */
  silenceTicks: 15,
  /** How long a candidate waits for a majority to agree that the coordinator is silent. */
  canvassTicks: 5,
  /** The log tells at most this often that messages have been refused. */
  refusalsToldTicks: 1_000,
  /** How long a coordinator waits for promises before it asks again; doubles up to `retryTicksMax`. */
  prepareTicks: 5,
  /** How long phase 1 may go without a further promise, or part of one, before its coordinator gives way; doubles. */
  preparePatienceTicks: 50,
  /** How long a batch that a member asks for may not come to the coordinator before that one gives way; doubles. */
  deafTicks: 100,
  /** However often a role has waited in vain, it waits no longer than this. */
  patienceTicksMax: 6_000,
  /** First wait before anything unanswered is sent again; doubles up to `retryTicksMax`. */
  retryTicks: 5,
  retryTicksMax: 50,
  /** What waits for an answer waits longer by the round trip that is measured, but by no more than this: half a second. */
  roundTripTicksMax: 50,
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
  /** First interval at which a process repeats what it has published of itself; doubles up to `factsTicksMax`: half a minute. */
  factsTicks: 20,
  factsTicksMax: 3_000,
  /** A clock that is off is told again after this long. */
  strayClockTicks: 1_000,
  /** An acceptor votes, and a proposer proposes, only at instances below first undecided + this: at most α of its group. */
  windowInstances: 512,
  /** Batches of one proposer that may be undecided at one moment. */
  batchesInFlightMax: 8,
  /** The same in bytes: keeps a burst from overrunning the receivers' buffers. */
  bytesInFlightMax: 480_000,
  /** Messages of one batch together, in bytes, unless a single message is larger. */
  batchBytesMax: 56_000,
  /** Batches heard of and not yet decided, in bytes, before the oldest are forgotten. */
  poolBytesMax: 256 * 1024 * 1024,
  /** Messages put and not yet in a batch: beyond this many, or this many bytes, `put` waits. */
  pendingMessagesMax: 65_536,
  pendingBytesMax: 64 * 1024 * 1024,
  /** Messages delivered and not yet read: beyond this many bytes they are read from the ledger again later. */
  unreadBytesMax: 16 * 1024 * 1024,
  /** Questions that a process that is behind may have open at once: together they ask for the window. */
  catchUpQuestions: 4,
  /** One answer to a process that is behind, in bytes, unless a single batch is larger. */
  catchUpBytes: 1024 * 1024,
  /** The same in instances, for those that hold next to nothing. */
  catchUpInstances: 1_024,
  /** A checkpoint that has got no further for so long is worth a warning, and another one at intervals of `warningTicks`. */
  savingQuietTicks: 500,
  /** A process that has got no further with a checkpoint for so long is ended: a minute. */
  savingStalledTicks: 6_000,
  /** First warning of what keeps a queue from working, and then how often it is repeated: 2 and 10 seconds. */
  firstWarningTicks: 200,
  warningTicks: 1_000,
  /** Chunks that a process has asked for and not yet stored. */
  chunksInFlightMax: 8,
  /** How long a process may keep another one waiting for a chunk before that one asks elsewhere. */
  chunkTicks: 50,
  /** Chunks that are read for others at one moment. */
  chunkReadsMax: 32,
} as const;
