/** A checkpoint is made when either measure is reached; a measure that is left out has its default. */
export interface CheckpointOptions {
  /** Bytes of messages delivered since the last. Default: 128 MiB. */
  readonly everyBytes?: number;
  /** Messages delivered since the last. Default: 1,000,000. */
  readonly everyPositions?: number;
  /** Bytes of the log that are kept below the checkpoint, for processes that lag a little. Default: 64 MiB. */
  readonly logMarginBytes?: number;
}
