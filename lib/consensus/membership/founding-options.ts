export interface FoundingOptions {
  /** Members of the first view. */
  readonly replicas: number;
  /** α of the groups that it founds. Default: `constants.borderInstances`. */
  readonly borderInstances?: number;
  /** Whether this process may found a group: not if it may have belonged to one and has lost its ledger. */
  readonly founds: boolean;
  /** Whether it takes part, without a vote, in an existing group of which it is no founder. */
  readonly observes: boolean;
}
