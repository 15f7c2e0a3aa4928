import type { GroupSetup } from '../group.js';
import type { Window } from '../window.js';

/** Of every system. */
export const NODES = 3;

/** What is measured at one time: a closed loop of `callers` at each of the first `proposers` nodes. */
export interface Point {
  readonly callers: number;
  readonly proposers: number;
}

/** How long. */
export interface Duration {
  /** Before what is measured. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What the callers of one node have measured. */
export interface Measured extends Pick<Window, 'latencies' | 'elapsedMs'> {
  /** Operations without an answer, or with one that was no success. They are in no other figure. */
  readonly failed: number;
  /** Why the last of them did; empty where there are none. */
  readonly failure: string;
}

/** A system while it runs. */
export interface Running {
  /** Its name and version. */
  readonly system: string;
  /** What its clients are written in. */
  readonly client: string;
  readonly mode: string | null;
  /** @throws Error when one of its processes ends */
  measure(point: Point, duration: Duration): Promise<readonly Measured[]>;
}

/** A system that can be measured. */
export interface Contender {
  readonly name: string;
  /** Whether a quorum has an operation on disk before it is answered. */
  readonly durable: boolean;
  /** What an answer means, as a sentence. */
  readonly guarantee: string;
  /**
   * Does `work` while it runs on `NODES` nodes with empty ledgers; its processes and files are gone afterwards.
   * @throws NotInstalled where this machine does not have it
   */
  with<T>(setup: Omit<GroupSetup, 'replicas'> & Duration, work: (running: Running) => Promise<T>): Promise<T>;
}
