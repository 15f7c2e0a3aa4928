/** A checkpoint is made when either measure is reached; a measure that is left out has its default. */
export interface CheckpointOptions {
  /** Bytes of messages delivered since the last; 128 MiB unless given. */
  readonly everyBytes?: number;
  /** Messages delivered since the last; 1,000,000 unless given. */
  readonly everyPositions?: number;
  /** Bytes of the log that are kept below the checkpoint, for processes that lag a little; 64 MiB unless given. */
  readonly logMarginBytes?: number;
}
