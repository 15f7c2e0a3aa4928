import type { Questions, Startup } from './replica.js';

/** One replica as a benchmark has it in hand, wherever it runs. */
export interface Replica {
  readonly name: string;
  /**
   * Starts it on the ledger that it had, if any. Resolves when it has executed what that holds and takes part.
   * @throws Error when it ends before
   */
  start(): Promise<Startup>;
  /** @throws Error when it does not run, or ends before it has answered */
  ask<K extends keyof Questions>(kind: K, ask: Questions[K]['ask']): Promise<Questions[K]['answer']>;
  /** Lets it end in order; nothing where it does not run. */
  close(): Promise<void>;
  /** `kill -9`; nothing where it does not run. */
  kill(): Promise<void>;
}
