/** A write on its way to a memory disk. It ends once: later calls have no effect. */
export interface DiskWrite {
  readonly bytes: number;
  /** Makes it durable and tells the ledger so. */
  complete(): void;
  /**
   * Tells the ledger that it has failed, which, where it is a commit, takes no further one. The disk may hold it
   * nonetheless, all of it.
   */
  fail(cause: Error, lands?: boolean): void;
}
